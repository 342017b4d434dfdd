#pragma once
// An MQTT client from CONNECT to the last acknowledgement: what publishers, subscribers and idle ones have in
// common.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/meshmq_bench/clock.hpp"
#include "bench/meshmq_bench/connection.hpp"
#include "bench/meshmq_bench/options.hpp"
#include "mqtt/decoder.hpp"

namespace meshmq::bench {

class LoadThread;

/// Who a client is and where it goes.
struct ClientPlan {
  std::string client_id;
  const Endpoint* endpoint = nullptr;
  unsigned source = 0;               ///< see Connection::dial
  std::vector<std::string> filters;  ///< to subscribe to
};

/// Driven by the LoadThread that owns it. The derived class gets packets once the client is ready: connected,
/// and subscribed if it wanted to.
class Client {
 public:
  enum class State : std::uint8_t { idle, dialling, awaiting_connack, awaiting_suback, ready, gone };

  Client(const Options& options, ClientPlan plan, LoadThread& thread);
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> dial(Nanos now);
  /// Events of the socket. False: the client is gone, why() says why.
  bool handle_writable();
  bool handle_readable(char* scratch, std::size_t size);
  /// The socket took what was waiting.
  virtual void handle_room() {}
  /// Sends PINGREQ when the last packet was long ago.
  void tick(Nanos now);
  void disconnect();

  State state() const { return state_; }
  const std::string& why() const { return why_; }
  const ClientPlan& plan() const { return plan_; }
  Connection& connection() { return connection_; }
  Nanos dialled_at() const { return dialled_at_; }

  // For the owner: is this client in the list of those with output, does epoll wait for room?
  bool queued = false;
  bool waits_for_room = false;

 protected:
  virtual void handle_publish(const mqtt::Publish&) {}
  virtual void handle_ack(const mqtt::Ack&) {}

  const Options& options() const { return options_; }
  LoadThread& thread() { return thread_; }
  std::string& out() { return connection_.out(); }
  std::uint16_t receive_maximum() const { return receive_maximum_; }
  void send_ack(mqtt::PacketType type, mqtt::PacketId id);
  /// What was appended to out() shall leave at the end of this turn.
  void flush_later();

 private:
  bool give_up(std::string why);
  bool handle_packet(const mqtt::DecodeResult& result, const mqtt::Decoder& decoder);
  bool handle_connack(const mqtt::Connack& connack);
  bool handle_suback(const mqtt::Suback& suback);
  void send_connect();
  void send_subscribe();
  void subscribe_or_become_ready();

  const Options& options_;
  ClientPlan plan_;
  LoadThread& thread_;
  Connection connection_;
  State state_ = State::idle;
  std::uint16_t receive_maximum_ = 65535;
  std::size_t subscribed_ = 0;  ///< filters sent so far
  Nanos dialled_at_ = 0;
  Nanos sent_at_ = 0;
  std::string why_;
};

}  // namespace meshmq::bench
