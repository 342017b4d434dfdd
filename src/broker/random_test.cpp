// Random clients that keep to the protocol, on a bad network, against what must hold whatever happens.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.hpp"
#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::QoS;
using mqtt::Version;

constexpr std::uint16_t window = 7;

/// A client that follows [MQTT5 4.3] on both sides and remembers what it saw. Its session never ends, its
/// subscription never changes: every message with QoS 1 or 2 that the broker acknowledged must come.
class ModelClient {
 public:
  ModelClient(Harness& harness, Random& random, int number, Version version)
      : harness_(harness), random_(random), name_(fmt::format("c{}", number)), version_(version) {}

  void connect() {
    mqtt::Connect packet{.version = version_, .clean_start = false, .client_id = name_};
    if (version_ == Version::v5) {
      packet.session_expiry_s = 0xFFFFFFFF;
      packet.receive_maximum = static_cast<std::uint16_t>(1 + random_.below(window));
      window_ = packet.receive_maximum;
    }
    connection_ = &harness_.connecting(packet);
    unacknowledged_.clear();
    awaited_acks_.clear();
    to_send_.clear();
    read();
    for (Outgoing& out : outgoing_) send(out, true);
  }
  bool connected() const { return connection_ != nullptr && !connection_->closed(); }
  void vanish() {
    if (connected()) connection_->vanishes();
    connection_ = nullptr;
  }
  void subscribe(std::string_view filter, int qos) { connection_->subscribes(filter, qos); }

  void publish() {
    if (outgoing_.size() >= 50) return;
    Outgoing out;
    out.qos = static_cast<QoS>(random_.below(3));
    out.topic = fmt::format("t/{}", random_.below(3));
    out.payload = fmt::format("{} {} {} {}", name_, out.topic, static_cast<int>(out.qos), sequence_++);
    if (out.qos == QoS::at_most_once) {
      connection_->sends(mqtt::Publish{.topic = out.topic, .payload = out.payload});
      return;
    }
    out.id = next_id_ = next_id_ == 65535 ? PacketId{1} : static_cast<PacketId>(next_id_ + 1);
    outgoing_.push_back(out);
    send(outgoing_.back(), false);
  }
  /// Takes what the broker has sent; answers wait.
  void read() {
    if (connection_ == nullptr) return;
    connection_->reads([this](const mqtt::Packet& packet) {
      if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) handle(*publish);
      if (const auto* ack = std::get_if<mqtt::Ack>(&packet)) handle(*ack);
    });
  }
  /// Sends one answer that waits; acknowledgements of QoS 1 in any order, as the protocol does not forbid.
  void answer() {
    if (to_send_.empty() || !connected()) return;
    const mqtt::Ack ack = to_send_.front();
    to_send_.pop_front();
    if (ack.type == PacketType::puback || ack.type == PacketType::pubcomp)
      unacknowledged_.erase(ack.packet_id);
    if (ack.type == PacketType::pubcomp) received_.erase(ack.packet_id);
    connection_->sends(ack);
  }
  bool idle() const { return to_send_.empty() && outgoing_.empty(); }
  const std::string& name() const { return name_; }
  TestClient& connection() { return *connection_; }
  const std::set<std::string>& seen() const { return seen_; }
  const std::set<std::string>& confirmed() const { return confirmed_; }

 private:
  struct Outgoing {
    std::string topic;
    std::string payload;
    QoS qos = QoS::at_most_once;
    PacketId id = 0;
    bool released = false;
  };

  void send(const Outgoing& out, bool again) {
    if (!connected()) return;
    if (out.released) {
      connection_->acks(PacketType::pubrel, out.id);
      return;
    }
    awaited_acks_.push_back(out.id);
    connection_->sends(mqtt::Publish{
        .topic = out.topic, .payload = out.payload, .packet_id = out.id, .qos = out.qos, .dup = again});
  }

  void handle(const mqtt::Publish& publish) {
    const std::string payload(publish.payload);
    if (publish.qos != QoS::at_most_once) {
      EXPECT_TRUE(unacknowledged_.insert(publish.packet_id).second) << "a packet id in use was used again";
      EXPECT_LE(unacknowledged_.size(), version_ == Version::v5 ? window_ : window) << "Receive Maximum";
    }
    to_send_.push_back({.type = publish.qos == QoS::at_least_once ? PacketType::puback : PacketType::pubrec,
                        .packet_id = publish.packet_id});
    if (publish.qos == QoS::at_most_once) to_send_.pop_back();
    // The receiver's half of "exactly once": an id that has not been released is the same message.
    const bool repeated = publish.qos == QoS::exactly_once && !received_.insert(publish.packet_id).second;
    if (repeated) {
      EXPECT_TRUE(publish.dup);
      return;
    }
    const bool is_new = seen_.insert(payload).second;
    // On one of the two hops it may come twice.
    const bool at_least_once = publish.qos == QoS::at_least_once || payload.find(" 1 ") != std::string::npos;
    EXPECT_TRUE(is_new || at_least_once) << name_ << " got twice: " << payload;
    // At QoS 0 a copy may have been dropped and its repetition comes late.
    if (is_new && (publish.qos != QoS::at_most_once || !at_least_once)) check_order(publish, payload);
  }

  /// [MQTT-4.6.0-5] Messages of one publisher, topic and QoS come in the order in which they were published.
  void check_order(const mqtt::Publish& publish, const std::string& payload) {
    const std::size_t at = payload.rfind(' ');
    const int sequence = std::stoi(payload.substr(at + 1));
    int& last = last_[{payload.substr(0, at), publish.qos}];
    EXPECT_LT(last, sequence + 1) << name_ << " got out of order: " << payload;
    last = sequence + 1;
  }

  void handle(const mqtt::Ack& ack) {
    if (ack.type == PacketType::pubrel) {
      to_send_.push_back({.type = PacketType::pubcomp, .packet_id = ack.packet_id});
      return;
    }
    if (ack.type != PacketType::pubcomp) {
      // [MQTT-4.6.0-2] [MQTT-4.6.0-3]
      ASSERT_FALSE(awaited_acks_.empty());
      EXPECT_EQ(awaited_acks_.front(), ack.packet_id) << "acknowledgements out of order";
      awaited_acks_.pop_front();
    }
    const auto out = std::find_if(outgoing_.begin(), outgoing_.end(),
                                  [&](const Outgoing& o) { return o.id == ack.packet_id; });
    ASSERT_NE(out, outgoing_.end());
    confirmed_.insert(out->payload);
    if (ack.type == PacketType::pubrec) {
      out->released = true;
      to_send_.push_back({.type = PacketType::pubrel, .packet_id = ack.packet_id});
    } else {
      outgoing_.erase(out);
    }
  }

  Harness& harness_;
  Random& random_;
  std::string name_;
  Version version_;
  TestClient* connection_ = nullptr;
  std::uint16_t window_ = window;
  // --- as sender
  std::deque<Outgoing> outgoing_;
  std::deque<PacketId> awaited_acks_;
  PacketId next_id_ = 65500;
  int sequence_ = 0;
  std::set<std::string> confirmed_;
  // --- as receiver
  std::set<PacketId> unacknowledged_;
  std::set<PacketId> received_;
  std::deque<mqtt::Ack> to_send_;
  std::set<std::string> seen_;
  std::map<std::pair<std::string, QoS>, int> last_;
};

/// One run from one seed.
class Scene {
 public:
  explicit Scene(std::uint64_t seed) : random_(seed), harness_(config(), 0, seed) {
    for (int i = 0; i < 5; ++i) {
      clients_.push_back(
          std::make_unique<ModelClient>(harness_, random_, i, i % 2 == 0 ? Version::v5 : Version::v3_1_1));
      clients_.back()->connect();
    }
    clients_[0]->subscribe("#", 2);
    clients_[1]->subscribe("t/+", 2);
    clients_[1]->subscribe("t/0", 1);
    clients_[2]->subscribe("t/1", 1);
    clients_[3]->subscribe("t/#", 0);
  }

  void go(int steps) {
    for (int i = 0; i < steps; ++i) step(*clients_[random_.below(clients_.size())]);
    settle();
    check();
  }

 private:
  static Config config() {
    Config config;
    config.inflight_max = window;
    config.queue_messages_max = 0;
    config.awaiting_rel_max = 0;
    config.output_bytes_max = 2000;
    config.retry_interval = Duration(0);
    return config;
  }

  void step(ModelClient& client) {
    if (!client.connected()) {
      if (random_.percent(20)) client.connect();
      return;
    }
    const std::uint64_t what = random_.below(100);
    if (what < 40) client.publish();
    if (what >= 40 && what < 60) client.read();
    if (what >= 60 && what < 85) client.answer();
    if (what == 85) client.vanish();
    if (what == 86) client.connect();  // while the old connection lives: a takeover
    if (what == 87) harness_.slow.insert(client.connection().conn().value);
    if (what >= 88 && what < 91) harness_.drained(client.connection());
    if (what == 91) harness_.router.unsettled = !harness_.router.unsettled;
    if (what == 92) harness_.router.congested = !harness_.router.congested;
    if (what >= 93 && what < 96) harness_.settle_all();
    if (what == 96) harness_.broker.resume_publishers(harness_.now);
    if (what == 97) harness_.advance(Duration(random_.below(1000)));
    harness_.run();
  }

  /// Until nobody owes anybody anything.
  void settle() {
    harness_.router.unsettled = false;
    harness_.router.congested = false;
    for (int quiet = 0; quiet < 3; ++quiet) {
      harness_.settle_all();
      harness_.broker.resume_publishers(harness_.now);
      harness_.run();
      for (auto& client : clients_) {
        if (!client->connected()) client->connect();
        harness_.drained(client->connection());
        client->read();
        while (!client->idle()) {
          client->answer();
          client->read();
          if (client->idle()) break;
          harness_.drained(client->connection());
          quiet = 0;
        }
        client->read();
      }
    }
  }

  void check() {
    for (const ClientInfo& info : harness_.broker.clients()) {
      EXPECT_EQ(info.inflight, 0U) << info.client_id;
      EXPECT_EQ(info.awaiting_rel, 0U) << info.client_id;
    }
    for (const auto& publisher : clients_) {
      for (const std::string& payload : publisher->confirmed()) {
        EXPECT_TRUE(clients_[0]->seen().contains(payload)) << "lost: " << payload;
        EXPECT_TRUE(clients_[1]->seen().contains(payload)) << "lost: " << payload;
        const bool wanted = payload.find(" t/1 ") != std::string::npos;
        EXPECT_EQ(clients_[2]->seen().contains(payload), wanted) << payload;
      }
    }
    EXPECT_TRUE(clients_[4]->seen().empty());
    for (auto& client : clients_) EXPECT_TRUE(harness_.broker.kick(client->name(), harness_.now));
    EXPECT_EQ(harness_.broker.stats().sessions, 0U);
    EXPECT_EQ(harness_.broker.stats().subscriptions, 0U);
    EXPECT_EQ(harness_.router.route_count(), 0U);
  }

  Random random_;
  Harness harness_;
  std::vector<std::unique_ptr<ModelClient>> clients_;
};

TEST(RandomClients, LoseNothingDoubleNothingAndKeepTheOrder) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Scene(seed).go(2000);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace meshmq::broker::testing
