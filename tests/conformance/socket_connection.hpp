#pragma once
// A client of a script on a socket.

#include "conformance/live.hpp"
#include "mqtt/decoder.hpp"

namespace meshmq::conformance {

class SocketConnection final : public Connection {
 public:
  /// `traces`: lives longer; it hears what the client leaves at the node.
  SocketConnection(const Address& address, mqtt::Version version, Traces& traces);
  /// Says goodbye if it can, so that no will comes later.
  ~SocketConnection() override;
  SocketConnection(const SocketConnection&) = delete;
  SocketConnection& operator=(const SocketConnection&) = delete;

  void send(std::string_view bytes) override;
  void speak(mqtt::Version version) override { version_ = version; }
  std::vector<std::string> receive(Look look) override;
  bool is_closed() const override { return closed_; }
  void vanish() override;

 private:
  /// Waits for bytes until then; false: there were none.
  bool read_until(std::chrono::steady_clock::time_point deadline);
  void decode();
  void note(const mqtt::Packet& sent);

  int fd_;
  mqtt::Version version_;
  Traces& traces_;
  mqtt::Decoder decoder_;
  std::string input_;   ///< not yet a packet
  std::string output_;  ///< what was sent and not yet looked at
  std::vector<std::string> lines_;
  bool connected_ = false;
  bool closed_ = false;
  /// Connections and subscriptions are over when their client hears of it; all nodes know a moment later.
  bool ended_ = false;
};

}  // namespace meshmq::conformance
