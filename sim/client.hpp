#pragma once
// A virtual MQTT client: speaks real packets, keeps a diary of what it was promised and what it got.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "sim/process.hpp"

namespace meshmq::sim {

/// Number of a published message; its payload.
using MessageId = std::uint64_t;

class SimClient final : public ConnectionEvents, public std::enable_shared_from_this<SimClient> {
 public:
  struct Listener {
    std::function<void(SimClient&, MessageId, std::string_view topic, mqtt::QoS)> received;
    std::function<void(SimClient&, std::string)> violated;
    std::function<void(MessageId)> acknowledged;
    std::function<void(SimClient&)> resumed = [](SimClient&) {};  ///< connected, and its session was there
    /// Connecting since then, and it was not there.
    std::function<void(SimClient&, Micros)> lost = [](SimClient&, Micros) {};
    std::function<void(SimClient&)> begun = [](SimClient&) {};  ///< connected, with a new session
    /// A SUBACK grants this filter or refuses it; without this a refusal is a violation.
    std::function<void(SimClient&, const std::string&, bool)> answered = nullptr;
  };

  SimClient(Scheduler& scheduler, std::string id, mqtt::Version version, Listener listener)
      : scheduler_(scheduler), id_(std::move(id)), version_(version), listener_(std::move(listener)) {}

  /// Connects to this node, or moves there; the old connection is closed.
  void connect(const std::shared_ptr<Process>& process, bool clean_start, std::uint32_t session_expiry_s);
  void disconnect();
  /// Its network fails.
  void vanish();
  /// From the next CONNECT on (MQTT 5).
  struct Will {
    MessageId message = 0;
    std::string topic;
    std::uint32_t delay_s = 0;
  };
  void set_will(Will will) { will_ = std::move(will); }
  void subscribe(const std::string& filter, mqtt::QoS qos);
  void unsubscribe(const std::string& filter);
  void publish(MessageId message, const std::string& topic, mqtt::QoS qos);
  /// A retained message, or one that deletes it.
  void retain(MessageId message, const std::string& topic, mqtt::QoS qos, bool deletes);

  const std::string& id() const { return id_; }
  bool ready() const { return connack_; }
  bool idle() const { return connection_ == nullptr; }
  const std::string& node() const { return node_; }
  /// Grows whenever a promise ends: disconnect, new connection, UNSUBSCRIBE.
  std::uint64_t epoch() const { return epoch_; }
  /// When that was last.
  Micros epoch_began() const { return epoch_ends_.empty() ? 0 : epoch_ends_.back(); }
  /// Only of one that is over.
  Micros epoch_ended(std::uint64_t epoch) const { return epoch_ends_.at(epoch); }
  /// Nodes where its session may be.
  const std::set<std::string>& visited() const { return visited_; }
  /// Whether the next CONNECT is a clean start that reaches them all, if it comes to a CONNACK.
  void set_forgets_visits(bool on) { forgets_visits_ = on; }
  /// The next CONNECT may find an old session, or none, and later there may be two that become one.
  void doubt_session() {
    if (!split_since_) split_since_ = scheduler_.now_us();
    split_until_.reset();
    forget_session();
  }
  bool in_doubt() const { return split_since_ && !split_until_; }
  /// Its session is where it can be found.
  void trust_session() {
    if (!in_doubt()) return;
    split_until_ = scheduler_.now_us();
    // The one that has ended the other may be that of a clean start whose CONNACK nobody waited for.
    if (std::exchange(gave_up_clean_start_, false)) forget_session();
  }
  /// What a node accepted between these may have come to two sessions.
  bool was_split(Micros published, Micros acknowledged) const {
    return split_since_ && acknowledged >= *split_since_ && (!split_until_ || published <= *split_until_);
  }
  /// Filters whose SUBACK has come and that stand since then.
  const std::map<std::string, mqtt::QoS>& confirmed() const { return confirmed_; }
  /// By one of those.
  bool subscribed(std::string_view topic) const;
  bool ever_subscribed(std::string_view topic) const;
  /// How often this session got it.
  std::size_t copies(MessageId message) const {
    const auto it = copies_.find(message);
    return it == copies_.end() ? 0 : it->second;
  }
  std::size_t copies_at_qos2(MessageId message) const { return copies_at_qos2_.count(message); }
  /// In any session of this client.
  bool got(MessageId message) const { return got_.contains(message); }

  void bytes(const std::string& data) override;
  void closed() override;

 private:
  template <class P>
  void send(const P& packet) {
    std::string out;
    mqtt::encode_packet(packet, version_, out);
    if (const auto process = process_.lock()) process->send(connection_, std::move(out));
  }
  void publish(MessageId message, mqtt::Publish packet);
  void send_ack(mqtt::PacketType type, mqtt::PacketId packet_id) {
    send(mqtt::Ack{.type = type, .packet_id = packet_id});
  }
  void handle(const mqtt::Connack& packet);
  void handle(const mqtt::Publish& packet);
  void handle(const mqtt::Ack& packet);
  void handle(const mqtt::Suback& packet);
  template <class Other>
  void handle(const Other&) {}
  void receive(const mqtt::Publish& packet);
  mqtt::PacketId next_packet_id() { return ++last_packet_id_ == 0 ? ++last_packet_id_ : last_packet_id_; }
  void forget_session() {
    confirmed_.clear();
    released_later_.clear();
    copies_.clear();
    copies_at_qos2_.clear();
  }
  void forget_connection();
  void end_connection(bool goodbye);
  void end_epoch();

  Scheduler& scheduler_;
  std::string id_;
  mqtt::Version version_;
  Listener listener_;
  std::weak_ptr<Process> process_;
  std::shared_ptr<Connection> connection_;
  std::string node_;
  std::optional<Will> will_;
  bool connack_ = false;
  bool persistent_ = false;
  bool ends_with_connection_ = false;  ///< the session
  /// From when on its session, which outlives its connection, is found at every node.
  std::optional<Micros> has_session_since_;
  bool expects_session_ = false;
  bool connecting_clean_ = false;     ///< CONNACK has not come yet
  bool gave_up_clean_start_ = false;  ///< lately, or while in doubt
  /// A CONNECT with clean start may still be on its way, although its client has given up.
  Micros clean_under_way_until_ = 0;
  Micros connecting_since_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<Micros> epoch_ends_;
  std::string input_;
  mqtt::Decoder decoder_;
  mqtt::PacketId last_packet_id_ = 0;
  std::map<mqtt::PacketId, std::pair<std::string, mqtt::QoS>> subscribing_;
  std::map<mqtt::PacketId, MessageId> publishing_;
  std::set<mqtt::PacketId> released_later_;  ///< QoS 2 received, PUBREL not seen yet
  std::map<std::string, mqtt::QoS> confirmed_;
  std::set<std::string> visited_;  ///< nodes where this session was
  bool forgets_visits_ = false;
  std::set<std::string> ever_;
  std::map<MessageId, std::size_t> copies_;
  std::multiset<MessageId> copies_at_qos2_;
  std::optional<Micros> split_since_;
  std::optional<Micros> split_until_;
  std::set<MessageId> got_;
};

}  // namespace meshmq::sim
