#include "broker/broker_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "broker/session_image.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/testing/packet_text.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker::testing {

namespace {

constexpr std::int64_t start_ms = 1'000'000;

mqtt::PacketId next(mqtt::PacketId& id) {
  return id++;
}

}  // namespace

RouteResult TestRouter::route(const mqtt::MessagePtr& message, Token token) {
  calls_ += "route " + std::string(message->topic()) + "\n";
  RouteResult result;
  result.local = std::any_of(routes_.begin(), routes_.end(), [&](const std::string& filter) {
    return topic::matches(filter, message->topic());
  });
  picks_.clear();
  for (const std::string& group : groups_) {
    if (!topic::matches(topic::parse_shared(group)->filter, message->topic())) continue;
    picks_.push_back({.group = group, .number = sticky ? next_number : next_number++, .sticky = sticky});
  }
  result.groups = picks_;
  result.matched = result.local || remote_subscribers || !picks_.empty();
  result.congested = congested;
  if (unsettled && token != 0) {
    result.settled = false;
    unsettled_tokens_.push_back(token);
  }
  return result;
}

void TestRouter::subscribe(Token token, std::vector<SubscribeFilter> filters) {
  calls_ += "subscribe";
  for (const SubscribeFilter& f : filters) {
    calls_ += " " + f.filter + (f.add_route ? " +route" : "") + (f.retained ? " +retained" : "") +
              (f.claimant.empty() ? "" : " +exclusive");
  }
  calls_ += "\n";
  asked_.push_back({token, std::move(filters)});
}

void TestRouter::unroute(std::string_view filter) {
  calls_ += "unroute " + std::string(filter) + "\n";
  // In the order of events, as a mailbox would carry them.
  for (Asked& asked : asked_) {
    for (SubscribeFilter& f : asked.filters) {
      if (f.filter == filter) f.add_route = false;
    }
  }
  routes_.erase(std::string(filter));
}

void TestRouter::share(std::string_view group, GroupWeight weight) {
  calls_ += "share " + std::string(group) + " " + std::to_string(weight.online) + "/" +
            std::to_string(weight.total) + "\n";
  if (weight.total == 0) {
    groups_.erase(std::string(group));
  } else {
    groups_.emplace(group);
  }
}

bool TestRouter::pass_on(const mqtt::MessagePtr& message, const SharedPick& pick, bool has_members) {
  const bool done = remote_members || !has_members;
  if (done) calls_ += "pass on " + std::string(message->payload()) + " " + std::string(pick.group) + "\n";
  return done;
}

void TestRouter::redispatch(const mqtt::MessagePtr& message, std::string_view group) {
  calls_ += "redispatch " + std::string(message->payload()) + " " + std::string(group) + "\n";
}

void TestRouter::delay(const mqtt::MessagePtr& message, WallMillis due, Token token) {
  delayed.emplace_back(message, due);
  if (token != 0) unsettled_tokens_.push_back(token);
}

void TestRouter::retain(const mqtt::MessagePtr& message, Token) {
  calls_ += "retain " + std::string(message->topic()) + "\n";
  if (message->payload().empty()) {
    retained_.erase(std::string(message->topic()));
  } else {
    retained_[std::string(message->topic())] = message;
  }
}

bool TestRouter::claim(Token token, std::string_view, bool) {
  if (hold_claims) claims.push_back(token);
  return !hold_claims;
}

bool TestRouter::hold(std::string_view, bool, Token token) {
  if (hold_sessions) held.push_back(token);
  return !hold_sessions;
}

void TestRouter::relay(std::string_view client_id, const Outgoing& outgoing) {
  std::string bytes;
  ByteWriter w(bytes);
  write_outgoing(w, outgoing);
  relayed.emplace_back(client_id, std::move(bytes));
}

void TestRouter::adopted(std::string_view client_id) {
  calls_ += "adopted " + std::string(client_id) + "\n";
}

std::size_t TestOutput::append(TestClient& client, std::string_view bytes) {
  EXPECT_FALSE(client.closed_) << "sent to a closed connection";
  if (client.holding_) {
    client.held_ += bytes;
  } else {
    client.output_ += bytes;
    client.unseen_ += bytes;
  }
  return harness_.slow.contains(client.conn().value) ? client.output_.size() : bytes.size();
}

std::size_t TestOutput::send(ConnId conn, const FramePtr& frame, mqtt::PacketId packet_id) {
  std::string bytes(frame->bytes());
  if (const std::size_t at = frame->packet_id_offset(); at != 0) {
    bytes[at] = static_cast<char>(packet_id >> 8);
    bytes[at + 1] = static_cast<char>(packet_id);
  }
  return append(harness_.client(conn), bytes);
}

std::size_t TestOutput::send_small(ConnId conn, std::string_view packet) {
  EXPECT_LE(packet.size(), small_packet_bytes_max);
  return append(harness_.client(conn), packet);
}

void TestOutput::close(ConnId conn, CloseReason reason) {
  TestClient& client = harness_.client(conn);
  EXPECT_FALSE(client.closed_) << "closed twice";
  release_output(conn);
  client.take_packets();
  client.closed_ = true;
  client.lines_ += "closed: " + std::string(to_string(reason)) + "\n";
}

void TestOutput::pause_reading(ConnId conn) {
  harness_.client(conn).take_packets();
  harness_.client(conn).paused_ = true;
  harness_.client(conn).lines_ += "paused\n";
}

void TestOutput::resume_reading(ConnId conn) {
  harness_.client(conn).take_packets();
  harness_.client(conn).paused_ = false;
  harness_.client(conn).lines_ += "resumed\n";
  harness_.resumed_.push_back(conn);
}

void TestOutput::hold_output(ConnId conn) {
  harness_.client(conn).holding_ = true;
}

void TestOutput::release_output(ConnId conn) {
  TestClient& client = harness_.client(conn);
  client.holding_ = false;
  append(client, std::exchange(client.held_, {}));
}

void TestOutput::move(ConnId conn, WorkerIndex home) {
  TestClient& client = harness_.client(conn);
  client.closed_ = true;
  client.lines_ += "moved to " + std::to_string(home.value) + "\n";
}

SocketTraffic TestOutput::traffic(ConnId conn) const {
  return harness_.client(conn).socket;
}

Harness::Harness(Config settings, std::uint16_t self, std::uint64_t seed, Logger log)
    : now{TimePoint(Duration(start_ms)), start_ms},
      config(settings),
      output(*this),
      broker(settings, WorkerIndex(self), output, router, log, seed) {}

TestClient& Harness::open(mqtt::Version version) {
  const ConnId conn(static_cast<std::uint32_t>(clients_.size()));
  clients_.push_back(std::make_unique<TestClient>(*this, conn, version));
  broker.open(conn, "10.0.0.1:" + std::to_string(40000 + conn.value), now);
  return *clients_.back();
}

TestClient& Harness::open(Peer peer) {
  const ConnId conn(static_cast<std::uint32_t>(clients_.size()));
  clients_.push_back(std::make_unique<TestClient>(*this, conn, mqtt::Version::v5));
  broker.open(conn, std::move(peer), now);
  return *clients_.back();
}

TestClient& Harness::connecting(const mqtt::Connect& packet) {
  return open(packet.version).sends(packet);
}

TestClient& Harness::connect(const mqtt::Connect& packet) {
  return connecting(packet).ignores();
}

TestClient& Harness::connect(std::string_view client_id, mqtt::Version version) {
  return connect(mqtt::Connect{.version = version, .client_id = client_id});
}

std::size_t Harness::delivers(const mqtt::MessageParts& parts) {
  return broker.deliver(mqtt::Message::make(parts), now);
}

void Harness::advance(Duration by) {
  const TimePoint until = now.mono + by;
  while (now.mono < until) {
    const Duration step = std::min(config.tick_interval, until - now.mono);
    now.mono += step;
    now.wall += step.count();
    broker.tick(now);
    run();
  }
}

std::vector<mqtt::MessagePtr> Harness::retained_for(const SubscribeFilter& filter) const {
  std::vector<mqtt::MessagePtr> messages;
  if (!filter.retained) return messages;
  for (const auto& [topic, message] : router.retained_) {
    const auto shared = topic::parse_shared(filter.filter);
    if (topic::matches(shared ? shared->filter : filter.filter, topic)) messages.push_back(message);
  }
  return messages;
}

void Harness::release_subscribes(std::size_t count) {
  for (; !router.asked_.empty() && count > 0; --count) {
    const TestRouter::Asked asked = std::move(router.asked_.front());
    router.asked_.pop_front();
    std::vector<std::vector<mqtt::MessagePtr>> retained;
    std::vector<std::size_t> refused;
    for (std::size_t i = 0; i < asked.filters.size(); ++i) {
      const SubscribeFilter& filter = asked.filters[i];
      if (!filter.claimant.empty() && router.exclusive_taken) refused.push_back(i);
      if (filter.add_route) router.routes_.insert(filter.filter);
      retained.push_back(retained_for(filter));
    }
    broker.subscribe_done(asked.token, std::move(retained), now, refused);
  }
}

void Harness::settle(std::size_t index) {
  ASSERT_LT(index, router.unsettled_tokens_.size());
  broker.publish_settled(router.unsettled_tokens_[index], now);
  run();
}

void Harness::refuse_all() {
  for (const Token token : std::exchange(router.unsettled_tokens_, {})) broker.publish_refused(token, now);
  run();
}

void Harness::settle_all() {
  for (const Token token : std::exchange(router.unsettled_tokens_, {})) broker.publish_settled(token, now);
  run();
}

void Harness::drained(TestClient& client) {
  slow.erase(client.conn().value);
  broker.drained(client.conn(), now);
  run();
}

void Harness::admits(const Admission& admission) {
  broker.admission_done(router.admissions.back().first, admission, now);
  run();
}

void Harness::run() {
  do {
    if (!router.hold_subscribes) release_subscribes();
    for (const ConnId conn : std::exchange(resumed_, {})) client(conn).feed();
  } while (!resumed_.empty() || (!router.hold_subscribes && !router.asked_.empty()));
}

TestClient& TestClient::sends(const mqtt::Packet& packet) {
  std::string bytes;
  mqtt::encode_packet(packet, version_, bytes);
  return sends_bytes(bytes);
}

TestClient& TestClient::sends_bytes(std::string_view bytes) {
  if (closed_) return *this;
  input_ += bytes;
  feed();
  harness_.run();
  return *this;
}

void TestClient::feed() {
  if (closed_ || paused_) return;
  const std::size_t taken = harness_.broker.handle_bytes(conn_, input_, harness_.now);
  EXPECT_LE(taken, input_.size());
  input_.erase(0, taken);
}

TestClient& TestClient::subscribes(std::string_view filter, int qos) {
  return subscribes(mqtt::Subscription{.filter = filter, .qos = static_cast<mqtt::QoS>(qos)});
}

TestClient& TestClient::subscribes(mqtt::Subscription subscription, std::uint32_t subscription_id) {
  const std::array all{subscription};
  return sends(
      mqtt::Subscribe{.packet_id = next(next_id), .subscription_id = subscription_id, .subscriptions = all});
}

TestClient& TestClient::unsubscribes(std::string_view filter) {
  const std::array all{filter};
  return sends(mqtt::Unsubscribe{.packet_id = next(next_id), .filters = all});
}

TestClient& TestClient::publishes(std::string_view topic, std::string_view payload, int qos) {
  return sends(mqtt::Publish{.topic = topic,
                             .payload = payload,
                             .packet_id = qos == 0 ? mqtt::PacketId{0} : next(next_id),
                             .qos = static_cast<mqtt::QoS>(qos)});
}

TestClient& TestClient::acks(mqtt::PacketType type, mqtt::PacketId id) {
  return sends(mqtt::Ack{.type = type, .packet_id = id});
}

TestClient& TestClient::says_goodbye() {
  return sends(mqtt::Disconnect{});
}

void TestClient::vanishes() {
  closed_ = true;
  harness_.broker.closed(conn_, harness_.now);
}

std::string TestClient::receives() {
  take_packets();
  unseen_.clear();
  return std::exchange(lines_, {});
}

TestClient& TestClient::ignores() {
  receives();
  return *this;
}

void TestClient::decode(std::string_view bytes, const std::function<void(const mqtt::Packet&)>& visit) const {
  mqtt::Decoder decoder;
  const mqtt::DecodeOptions options{mqtt::Role::client, version_, 0};
  while (!bytes.empty()) {
    const mqtt::DecodeResult result = decoder.decode(bytes, options);
    if (result.status != mqtt::DecodeStatus::packet) {
      ADD_FAILURE() << "the broker sent no packet: " << result.text;
      return;
    }
    visit(decoder.packet());
    bytes.remove_prefix(result.size);
  }
}

void TestClient::take_packets() {
  const std::string output = std::exchange(output_, {});
  decode(output, [this](const mqtt::Packet& packet) {
    std::string line = mqtt::testing::describe(packet);
    const std::size_t at = line.find(" reason_string='");
    if (at != std::string::npos && !harness_.show_reason_strings) {
      line.erase(at, line.find('\'', line.find('\'', at) + 1) + 1 - at);
    }
    lines_ += line + "\n";
  });
}

}  // namespace meshmq::broker::testing
