#pragma once
// A small language for tests of the broker: clients that speak real bytes, a router that can be held back, a
// clock that is turned by hand. Linked into tests only.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "broker/broker.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker::testing {

/// One text line per packet or event: lines("PUBACK id=1", "closed: normal").
template <class... Lines>
std::string lines(Lines... each) {
  std::string all;
  ((all += std::string(each) + "\n"), ...);
  return all;
}

/// The rest of the node. Remembers every call as a line; answers at the end of each event unless told to
/// hold.
class TestRouter : public Router {
 public:
  RouteResult route(const mqtt::MessagePtr& message, Token token) override;
  void subscribe(Token token, std::vector<SubscribeFilter> filters) override;
  void unroute(std::string_view filter) override;
  void share(std::string_view group, GroupWeight weight) override;
  void hold_exclusive(std::string_view client_id, std::string_view name) override {
    calls_ += std::string(client_id) + " holds " + std::string(name) + "\n";
  }
  void release_exclusive(std::string_view client_id, std::string_view name) override {
    calls_ += std::string(client_id) + " releases " + std::string(name) + "\n";
  }
  void subscribed_for(Token operation, mqtt::ReasonCode result) override {
    subscribed_for_.emplace_back(operation, result);
  }
  /// What operators were told since the last call.
  std::vector<std::pair<Token, mqtt::ReasonCode>> take_subscribed_for() {
    return std::exchange(subscribed_for_, {});
  }
  bool pass_on(const mqtt::MessagePtr& message, const SharedPick& pick, bool has_members) override;
  void redispatch(const mqtt::MessagePtr& message, std::string_view group) override;
  void retain(const mqtt::MessagePtr& message, Token token) override;
  void delay(const mqtt::MessagePtr& message, WallMillis due, Token token) override;
  void admit(Token token, AdmissionRequest request) override { admissions.emplace_back(token, request); }
  void admit_more(Token token, std::string data) override { messages.emplace_back(token, std::move(data)); }
  void admit_no_more(Token token) override { dropped_admissions.push_back(token); }
  void flapping(FlappingClient client) override { flapped.push_back(std::move(client)); }
  bool claim(Token token, std::string_view client_id, bool clean_start) override;
  void unclaim(Token token) override { unclaimed.push_back(token); }
  bool hold(std::string_view client_id, bool clean_start, Token token) override;
  void release(std::string_view) override {}
  void relay(std::string_view client_id, const Outgoing& outgoing) override;
  void adopted(std::string_view client_id) override;
  void leave_will(std::string_view client_id, const mqtt::MessagePtr& will, std::uint32_t delay_s,
                  WallMillis detached_at) override {
    wills[std::string(client_id)] = std::string(will->payload()) + " after " + std::to_string(delay_s) +
                                    (detached_at == 0 ? "" : " from " + std::to_string(detached_at));
  }
  void drop_will(std::string_view client_id) override {
    MESHMQ_ASSERT(wills.erase(std::string(client_id)) == 1, "nobody drops a will that was not left");
  }

  /// What was called since the last take().
  std::string take() { return std::exchange(calls_, {}); }
  bool has_route(std::string_view filter) const { return routes_.contains(std::string(filter)); }
  std::size_t route_count() const { return routes_.size(); }

  bool hold_subscribes = false;  ///< SUBACKs wait for Harness::release_subscribes()
  bool unsettled = false;        ///< publishes wait for Harness::settle()
  std::vector<std::pair<mqtt::MessagePtr, WallMillis>> delayed;  ///< answered like route()
  bool congested = false;
  bool remote_subscribers = false;  ///< somebody else wants everything
  bool hold_claims = false;         ///< CONNECTs wait for Broker::claim_done()
  std::vector<Token> claims;        ///< those that wait
  std::vector<Token> unclaimed;
  bool hold_sessions = false;  ///< CONNACKs wait for Broker::session_known()
  std::vector<Token> held;     ///< those that wait
  // Answered by Harness::admits() only.
  std::vector<std::pair<Token, AdmissionRequest>> admissions;
  std::vector<std::pair<Token, std::string>> messages;
  std::vector<Token> dropped_admissions;
  std::vector<FlappingClient> flapped;
  std::vector<std::pair<std::string, std::string>> relayed;  ///< client id and message, as it travels
  bool remote_members = false;                               ///< every group has members elsewhere
  std::map<std::string, std::string> wills;                  ///< those that were left, by client id
  std::uint32_t next_number = 0;                             ///< of the next SharedPick
  bool sticky = false;                                       ///< picks are; their number stays as it is
  bool exclusive_taken = false;                              ///< everything exclusive is somebody else's

 private:
  friend class Harness;
  struct Asked {
    Token token;
    std::vector<SubscribeFilter> filters;
  };

  std::string calls_;
  std::set<std::string> routes_;
  std::set<std::string, std::less<>> groups_;
  std::vector<SharedPick> picks_;
  std::map<std::string, mqtt::MessagePtr> retained_;
  std::deque<Asked> asked_;
  std::vector<std::pair<Token, mqtt::ReasonCode>> subscribed_for_;
  std::vector<Token> unsettled_tokens_;
};

class Harness;

/// One connection as its client sees it.
class TestClient {
 public:
  TestClient(Harness& harness, ConnId conn, mqtt::Version version)
      : harness_(harness), conn_(conn), version_(version) {}

  TestClient& sends(const mqtt::Packet& packet);
  TestClient& sends_bytes(std::string_view bytes);
  TestClient& subscribes(std::string_view filter, int qos = 0);
  TestClient& subscribes(mqtt::Subscription subscription, std::uint32_t subscription_id = 0);
  TestClient& unsubscribes(std::string_view filter);
  TestClient& publishes(std::string_view topic, std::string_view payload, int qos = 0);
  TestClient& acks(mqtt::PacketType type, mqtt::PacketId id);
  TestClient& says_goodbye();
  /// The network is gone.
  void vanishes();

  /// Another version than that of open(), before CONNECT.
  void speaks(mqtt::Version version) { version_ = version; }
  /// Packets and events since the last call, one line each.
  std::string receives();
  /// The same as packets; events are not shown. What a packet borrows lives during its visit.
  template <class Visit>
  void reads(Visit&& visit) {
    const std::string unseen = std::exchange(unseen_, {});
    decode(unseen, [&](const mqtt::Packet& packet) { visit(packet); });
    output_.clear();
    lines_.clear();
  }
  /// The same without looking at it.
  TestClient& ignores();
  ConnId conn() const { return conn_; }
  mqtt::Version version() const { return version_; }
  /// Id that the next SUBSCRIBE or PUBLISH gets.
  mqtt::PacketId next_id = 1;
  std::size_t unread_bytes() const { return output_.size(); }
  SocketTraffic socket{};  ///< what Output says of it
  bool closed() const { return closed_; }

 private:
  friend class Harness;
  friend class TestOutput;
  void decode(std::string_view bytes, const std::function<void(const mqtt::Packet&)>& visit) const;
  void take_packets();
  void feed();

  Harness& harness_;
  ConnId conn_;
  mqtt::Version version_;
  std::string output_;  ///< bytes from the broker, not yet decoded
  std::string unseen_;  ///< bytes since the last call of receives() or reads()
  std::string input_;   ///< bytes that the broker has not taken yet
  std::string lines_;
  std::string held_;  ///< output that is not to be seen yet
  bool holding_ = false;
  bool closed_ = false;
  bool paused_ = false;
};

/// All connections of one worker.
class TestOutput : public Output {
 public:
  explicit TestOutput(Harness& harness) : harness_(harness) {}
  std::size_t send(ConnId conn, const FramePtr& frame, mqtt::PacketId packet_id) override;
  std::size_t send_small(ConnId conn, std::string_view packet) override;
  void close(ConnId conn, CloseReason reason) override;
  void pause_reading(ConnId conn) override;
  void resume_reading(ConnId conn) override;
  void hold_output(ConnId conn) override;
  void release_output(ConnId conn) override;
  void move(ConnId conn, WorkerIndex home) override;
  SocketTraffic traffic(ConnId conn) const override;

 private:
  std::size_t append(TestClient& client, std::string_view bytes);

  Harness& harness_;
};

class Harness {
 public:
  explicit Harness(Config config = {}, std::uint16_t self = 0, std::uint64_t seed = 1, Logger log = {});

  /// A connection that has said nothing yet.
  TestClient& open(mqtt::Version version = mqtt::Version::v5);
  TestClient& open(Peer peer);
  /// ... that has sent this CONNECT; CONNACK waits to be looked at.
  TestClient& connecting(const mqtt::Connect& packet);
  /// ... that is connected; CONNACK has been read.
  TestClient& connect(std::string_view client_id, mqtt::Version version = mqtt::Version::v5);
  TestClient& connect(const mqtt::Connect& packet);

  /// A message from another worker or node.
  std::size_t delivers(const mqtt::MessageParts& parts);
  void advance(Duration by);
  void release_subscribes(std::size_t count = SIZE_MAX);
  /// Settles the publish that was routed `index`-th since the last call that emptied the list.
  void settle(std::size_t index);
  void settle_all();
  /// As settle_all(), with a refusal.
  void refuse_all();
  void drained(TestClient& client);
  /// Answers the last question about a client.
  void admits(const Admission& admission);
  std::size_t unsettled_count() const { return router.unsettled_tokens_.size(); }

  /// Answers what the router was asked.
  void run();
  const Metrics& metrics() const { return broker.metrics(); }
  TestClient& client(ConnId conn) { return *clients_[conn.value]; }

  Now now;
  Config config;
  TestRouter router;
  TestOutput output;
  Broker broker;
  std::set<std::uint32_t> slow;  ///< ConnIds that do not read what is sent
  /// Clients see the texts for people too; few tests are about them.
  bool show_reason_strings = false;

 private:
  std::vector<mqtt::MessagePtr> retained_for(const SubscribeFilter& filter) const;

  friend class TestOutput;

  std::vector<std::unique_ptr<TestClient>> clients_;
  std::vector<ConnId> resumed_;
};

}  // namespace meshmq::broker::testing
