// The broker's state machine: a few clients that send anything in any order, on a bad network, while time
// passes.

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "broker/broker_harness.hpp"
#include "fuzz.hpp"

namespace meshmq::fuzz {
namespace {

using broker::testing::Harness;
using broker::testing::TestClient;
using mqtt::PacketType;
using mqtt::Version;

constexpr std::array<std::string_view, 4> client_ids = {"a", "b", "c", ""};
constexpr std::array<std::string_view, 4> user_names = {"a", "t", "+", ""};
constexpr std::array<std::string_view, 9> topics = {"t", "t/1",          "t/2",        "$x/1",   "/",
                                                    "",  "$delayed/5/t", "$delayed/x", "old/t/1"};
constexpr std::array<std::string_view, 12> filters = {"t",  "t/#",          "t/+",      "#",    "+/1", "$x/#",
                                                      "/+", "$share/g/t/#", "$queue/t", "bad#", "",    "t/1"};
constexpr std::size_t connections_max = 5;

class Play {
 public:
  explicit Play(Input input) : input_(input), harness_(settings()) {}

  void run() {
    for (int step = 0; step < 400 && !input_.at_end(); ++step) {
      act();
      harness_.run();
      check();
    }
    end();
  }

 private:
  static topic::RewritesPtr rewrites() {
    std::vector<topic::RewriteRule> rules;
    for (const std::string_view text : {"old/# ^old/(.+)$ $1", "+/2 ^(.*)/2$ $delayed/1/$1", "# ^/$ %u/%c"})
      rules.push_back(std::move(*topic::RewriteRule::parse(text)));
    return std::make_shared<const topic::Rewrites>(std::move(rules));
  }

  broker::Config settings() {
    const std::uint8_t head = input_.byte();
    broker::Config config;
    config.tick_interval = std::chrono::seconds(2);
    config.inflight_max = (head & 1) != 0 ? 2 : 32;
    config.queue_messages_max = (head & 2) != 0 ? 3 : 1000;
    config.awaiting_rel_max = (head & 4) != 0 ? 2 : 100;
    config.topic_alias_max = (head & 8) != 0 ? 2 : 65535;
    config.output_bytes_max = (head & 16) != 0 ? 300 : 1024 * 1024;
    config.subscriptions_max = (head & 32) != 0 ? 3 : 0;
    config.qos_max = (head & 64) != 0 ? mqtt::QoS::at_least_once : mqtt::QoS::exactly_once;
    config.packet_bytes_max = (head & 128) != 0 ? 200 : 1024 * 1024;
    const std::uint8_t habits = input_.byte();
    config.strict = (habits & 1) == 0;
    config.ignore_loop_deliver = (habits & 2) != 0;
    config.upgrade_qos = (habits & 4) != 0;
    config.use_username_as_clientid = (habits & 8) != 0;
    config.check_payload_format = (habits & 16) != 0;
    config.topic_alias_max_out = (habits & 32) != 0 ? 1 : 32;
    if ((habits & 64) != 0) config.queue_priorities.set("t", 3);
    broker::Config other = config;
    other.mountpoint = (habits & 128) != 0 ? "t/" : "%c/%u/";
    config.more_zones.push_back(other);
    if ((habits & 1) != 0) {
      config.rewrite_publish = config.rewrite_subscribe = rewrites();
      config.auto_subscriptions = {{.filter = "t/%c"}, {.filter = "$share/g/%u", .no_local = true}};
    }
    return config;
  }

  void act() {
    const std::uint8_t what = input_.byte();
    const std::size_t who = what >> 5 & 7;
    switch (what & 31) {
      case 0:
        return harness_.advance(Duration(input_.byte() * 100));
      case 1:
        return harness_.advance(std::chrono::seconds(input_.byte() * 4));
      case 2:
        if (TestClient* c = client(who)) c->vanishes();
        return;
      case 3:
        harness_.router.unsettled = !harness_.router.unsettled;
        return;
      case 4:
        return harness_.settle_all();
      case 5:
        if (who > 3) return toggle_hold_sessions();
        harness_.router.hold_subscribes = !harness_.router.hold_subscribes;
        return;
      case 6:
        harness_.router.congested = !harness_.router.congested;
        return;
      case 7:
        return harness_.broker.resume_publishers(harness_.now);
      case 8:
        if (TestClient* c = client(who)) harness_.slow.insert(c->conn().value);
        return;
      case 9:
        if (TestClient* c = client(who)) harness_.drained(*c);
        return;
      case 10:
        (void)harness_.broker.kick(pick(client_ids), harness_.now);
        return;
      case 11:
        harness_.delivers({.topic = pick(topics).empty() ? "t" : "t/1",
                           .payload = input_.text(),
                           .properties = {},
                           .publisher = pick(client_ids),
                           .qos = qos(),
                           .retain = input_.flag()});
        return;
      case 12:
        return from_other_nodes();
      case 13:
        return move_session();
      case 14:
      case 15:
        return send(who, input_.text());
      case 16:
      case 17:
      case 18:
        return connect(who);
      default:
        return send(who, encoded(packet(what & 31), connection(who).version()));
    }
  }

  void toggle_hold_sessions() {
    harness_.router.hold_sessions = !harness_.router.hold_sessions;
    for (const broker::Token token : std::exchange(harness_.router.held, {}))
      harness_.broker.session_known(token);
  }

  void from_other_nodes() {
    const std::uint8_t how = input_.byte();
    if ((how & 1) == 0) return (void)harness_.broker.import_session(input_.text(), harness_.now);
    constexpr std::array kinds = {broker::Relayed::in_order, broker::Relayed::own, broker::Relayed::straggler,
                                  broker::Relayed::in_order};
    const broker::Relayed kind = kinds[how >> 1 & 3];
    if ((how & 8) != 0) harness_.broker.relayed(pick(client_ids), input_.text(), kind, harness_.now);
    for (const auto& [client_id, message] : std::exchange(harness_.router.relayed, {}))
      harness_.broker.relayed(client_id, message, kind, harness_.now);
  }

  /// Out of the broker and back into it, at once or never; its stub may stay.
  void move_session() {
    const std::string_view id = pick(client_ids);
    const auto image = harness_.broker.export_session(id, harness_.now);
    if (!image) return;
    const std::uint8_t how = input_.byte();
    if ((how & 1) != 0) {
      harness_.broker.take_back_session(id, false, harness_.now);
    } else {
      if ((how & 16) == 0) harness_.broker.end_leaving(id, harness_.now);
      if ((how & 2) != 0) (void)harness_.broker.import_session(*image, harness_.now);
    }
    if ((how & 4) != 0) harness_.broker.caught_up(id, harness_.now);
    if ((how & 8) != 0) harness_.broker.arrival_over(id, harness_.now);
  }

  void connect(std::size_t who) {
    constexpr std::array versions = {Version::v5, Version::v3_1_1, Version::v5, Version::v3_1};
    const std::uint8_t how = input_.byte();
    only_v5_ = only_v5_ && versions[how & 3] == Version::v5;
    mqtt::Connect packet{.version = versions[how & 3],
                         .clean_start = (how & 4) != 0,
                         .keep_alive_s = static_cast<std::uint16_t>((how & 8) != 0 ? 10 : 0),
                         .client_id = pick(client_ids)};
    if ((how & 16) != 0) {
      packet.will = mqtt::Will{
          .topic = "t/will", .payload = "w", .delay_s = input_.byte(), .qos = qos(), .retain = input_.flag()};
    }
    if (packet.version == Version::v5) {
      packet.session_expiry_s = (how & 32) != 0 ? 30 : (how & 64) != 0 ? 0xFFFFFFFF : 0;
      packet.receive_maximum = static_cast<std::uint16_t>(1 + input_.byte());
      packet.packet_bytes_max = (how & 128) != 0 ? 20 : 0;
      packet.topic_alias_max = input_.byte();
    }
    const std::size_t at = who % connections_max;
    if (clients_[at] != nullptr && !clients_[at]->closed()) clients_[at]->vanishes();
    if (packet.version == Version::v5 && input_.flag()) {
      packet.username = pick(user_names);
      clients_[at] = &harness_.open(broker::Peer{.name = "10.0.0.1:1", .zone = 1});
    } else {
      clients_[at] = &harness_.open(packet.version);
    }
    opened_.push_back(clients_[at]);
    send(who, encoded(packet, packet.version));
  }

  mqtt::Packet packet(int kind) {
    switch (kind) {
      case 19:
      case 20:
      case 21:
        return publish();
      case 22:
      case 23: {
        subscriptions_.clear();
        for (std::size_t n = 1 + input_.below(3); n > 0; --n) {
          const std::uint8_t options = input_.byte();
          subscriptions_.push_back(
              {.filter = pick(filters),
               .qos = static_cast<mqtt::QoS>(options % 3),
               .no_local = (options & 4) != 0,
               .retain_as_published = (options & 8) != 0,
               .retain_handling = static_cast<mqtt::RetainHandling>((options >> 4) % 3)});
        }
        return mqtt::Subscribe{
            .packet_id = id(), .subscription_id = input_.byte(), .subscriptions = subscriptions_};
      }
      case 24: {
        unsubscribed_ = {pick(filters), pick(filters)};
        return mqtt::Unsubscribe{.packet_id = id(), .filters = unsubscribed_};
      }
      case 25:
        return mqtt::Pingreq{};
      case 26: {
        mqtt::Disconnect packet{.reason = input_.flag() ? mqtt::ReasonCode::disconnect_with_will
                                                        : mqtt::ReasonCode::normal_disconnection};
        if (input_.flag()) packet.session_expiry_s = input_.byte();
        return packet;
      }
      case 27:
        return mqtt::Ack{.type = PacketType::puback, .packet_id = id(), .reason = reason()};
      case 28:
        return mqtt::Ack{.type = PacketType::pubrec, .packet_id = id(), .reason = reason()};
      case 29:
        return mqtt::Ack{.type = PacketType::pubrel, .packet_id = id()};
      default:
        return mqtt::Ack{.type = PacketType::pubcomp, .packet_id = id()};
    }
  }

  mqtt::Publish publish() {
    const std::uint8_t how = input_.byte();
    mqtt::Publish packet{.topic = pick(topics), .payload = "payload"};
    packet.qos = static_cast<mqtt::QoS>((how & 3) % 3);
    packet.packet_id = packet.qos == mqtt::QoS::at_most_once ? mqtt::PacketId{0} : id();
    packet.dup = (how & 4) != 0;
    packet.retain = (how & 8) != 0;
    if ((how & 16) != 0) packet.expiry_s = input_.byte();
    if ((how & 32) != 0) packet.topic_alias = input_.byte();
    if ((how & 64) != 0) packet.payload = {};
    return packet;
  }

  std::string encoded(const mqtt::Packet& packet, Version version) {
    std::string bytes;
    if (std::holds_alternative<mqtt::Disconnect>(packet) || !std::holds_alternative<mqtt::Auth>(packet)) {
      mqtt::encode_packet(packet, version, bytes);
    }
    return bytes;
  }

  void send(std::size_t who, std::string_view bytes) {
    TestClient& c = connection(who);
    if (c.closed()) return;
    // In pieces now and then.
    const std::size_t cut = (bytes.size() & 3) == 3 ? bytes.size() / 2 : 0;
    const ExactCopy first(bytes.substr(0, cut));
    const ExactCopy second(bytes.substr(cut));
    c.sends_bytes(first.bytes()).sends_bytes(second.bytes());
    if ((bytes.size() & 1) != 0) c.ignores();
  }

  TestClient* client(std::size_t who) {
    TestClient* c = clients_[who % connections_max];
    return c == nullptr || c->closed() ? nullptr : c;
  }
  TestClient& connection(std::size_t who) {
    TestClient*& c = clients_[who % connections_max];
    if (c == nullptr || c->closed()) {
      c = &harness_.open();
      opened_.push_back(c);
    }
    return *c;
  }

  template <std::size_t N>
  std::string_view pick(const std::array<std::string_view, N>& from) {
    return from[input_.below(N)];
  }
  mqtt::QoS qos() { return static_cast<mqtt::QoS>(input_.below(3)); }
  mqtt::PacketId id() { return static_cast<mqtt::PacketId>(1 + input_.below(6)); }
  mqtt::ReasonCode reason() {
    return input_.below(8) == 0 ? mqtt::ReasonCode::unspecified_error : mqtt::ReasonCode::success;
  }

  void check() {
    std::size_t open = 0;
    for (const TestClient* c : opened_) open += c->closed() ? 0 : 1;
    FUZZ_CHECK(harness_.broker.stats().connections <= open);
    for (const broker::ClientInfo& info : harness_.broker.clients()) {
      FUZZ_CHECK(info.inflight <= harness_.config.inflight_max);
      // Older clients are told no limit.
      FUZZ_CHECK(!only_v5_ || info.awaiting_rel <= harness_.config.awaiting_rel_max);
    }
  }

  /// Nothing is left of anybody.
  void end() {
    harness_.router.unsettled = false;
    harness_.router.congested = false;
    harness_.router.hold_subscribes = false;
    harness_.settle_all();
    harness_.broker.resume_publishers(harness_.now);
    harness_.run();
    for (const std::string_view id : client_ids) harness_.broker.end_leaving(id, harness_.now);
    for (TestClient* c : opened_) {
      if (!c->closed()) c->vanishes();
      c->ignores();
    }
    FUZZ_CHECK(harness_.broker.stats().connections == 0);
    for (const broker::ClientInfo& info : harness_.broker.clients()) {
      FUZZ_CHECK(harness_.broker.kick(info.client_id, harness_.now));
    }
    harness_.run();
    FUZZ_CHECK(harness_.broker.stats().sessions == 0);
    FUZZ_CHECK(harness_.broker.stats().subscriptions == 0);
    FUZZ_CHECK(harness_.router.route_count() == 0);
  }

  Input input_;
  Harness harness_;
  bool only_v5_ = true;
  std::array<TestClient*, connections_max> clients_{};
  std::vector<TestClient*> opened_;
  std::vector<mqtt::Subscription> subscriptions_;
  std::vector<std::string_view> unsubscribed_;
};

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  (void)argc, (void)argv;
  int one = 1;
  char name[] = "fuzz";
  char* names[] = {name, nullptr};
  ::testing::InitGoogleTest(&one, names);
  GTEST_FLAG_SET(break_on_failure, true);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::Play(meshmq::fuzz::Input(data, size)).run();
  return 0;
}
