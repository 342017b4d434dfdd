// Microbenchmarks of one worker's broker with an output that only counts: fan-out, point to point,
// acknowledgements, and the memory of an idle connection.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "broker/channel.hpp"
#include "broker/session.hpp"
#include "broker/subscription_table.hpp"
#include "mqtt/encoder.hpp"

namespace meshmq::broker {
namespace {

class CountingOutput final : public Output {
 public:
  std::size_t send(ConnId conn, const FramePtr& frame, mqtt::PacketId packet_id) override {
    last_conn = conn;
    last_id = packet_id;
    last = frame;
    return 0;
  }
  std::size_t send_small(ConnId, std::string_view) override { return 0; }
  void close(ConnId, CloseReason) override {}
  void pause_reading(ConnId) override {}
  void resume_reading(ConnId) override {}
  void hold_output(ConnId) override {}
  void release_output(ConnId) override {}
  void move(ConnId, WorkerIndex) override {}
  SocketTraffic traffic(ConnId) const override { return {}; }

  ConnId last_conn;
  mqtt::PacketId last_id = 0;
  FramePtr last;
};

class LocalRouter final : public Router {
 public:
  RouteResult route(const mqtt::MessagePtr&, Token) override { return {.local = true, .matched = true}; }
  void subscribe(Token token, std::vector<SubscribeFilter>) override { asked.push_back(token); }
  void unroute(std::string_view) override {}
  void share(std::string_view, GroupWeight) override {}
  bool pass_on(const mqtt::MessagePtr&, const SharedPick&, bool) override { return false; }
  void redispatch(const mqtt::MessagePtr&, std::string_view) override {}
  void retain(const mqtt::MessagePtr&, Token) override {}
  void delay(const mqtt::MessagePtr&, WallMillis, Token) override {}
  bool claim(Token, std::string_view, bool) override { return true; }
  void admit(Token, AdmissionRequest) override {}
  void admit_more(Token, std::string) override {}
  void admit_no_more(Token) override {}
  void flapping(FlappingClient) override {}
  void unclaim(Token) override {}
  bool hold(std::string_view, bool, Token) override { return true; }
  void release(std::string_view) override {}
  void relay(std::string_view, const Outgoing&) override {}
  void adopted(std::string_view) override {}
  void leave_will(std::string_view, const mqtt::MessagePtr&, std::uint32_t, WallMillis) override {}
  void drop_will(std::string_view) override {}
  void hold_exclusive(std::string_view, std::string_view) override {}
  void release_exclusive(std::string_view, std::string_view) override {}
  void subscribed_for(Token, mqtt::ReasonCode) override {}
  std::vector<Token> asked;
};

struct Bench {
  Bench() : broker(Config{}, WorkerIndex(0), output, router, Logger(), 1) {}

  template <class Packet>
  void send(std::uint32_t conn, const Packet& packet, mqtt::Version version) {
    std::string bytes;
    mqtt::encode_packet(packet, version, bytes);
    benchmark::DoNotOptimize(broker.handle_bytes(ConnId(conn), bytes, now));
    for (const Token token : std::exchange(router.asked, {})) broker.subscribe_done(token, {}, now);
  }
  void connect(std::uint32_t conn, std::string_view filter, int qos,
               mqtt::Version version = mqtt::Version::v3_1_1) {
    broker.open(ConnId(conn), "192.168.100.100:40000", now);
    const std::string id = "client-" + std::to_string(conn);
    send(conn, mqtt::Connect{.version = version, .client_id = id}, version);
    const std::array filters{mqtt::Subscription{.filter = filter, .qos = static_cast<mqtt::QoS>(qos)}};
    if (!filter.empty()) send(conn, mqtt::Subscribe{.packet_id = 1, .subscriptions = filters}, version);
  }

  Now now{TimePoint(Duration(1'000'000)), 1'000'000};
  CountingOutput output;
  LocalRouter router;
  Broker broker;
};

std::string publish_bytes(std::string_view topic, int qos, mqtt::PacketId id = 0, std::size_t payload = 64) {
  std::string bytes;
  const std::string body(payload, 'x');
  mqtt::encode_packet(
      mqtt::Publish{.topic = topic, .payload = body, .packet_id = id, .qos = static_cast<mqtt::QoS>(qos)},
      mqtt::Version::v3_1_1, bytes);
  return bytes;
}

void fan_out_qos0(benchmark::State& state) {
  Bench w;
  const auto subscribers = static_cast<std::uint32_t>(state.range(0));
  for (std::uint32_t i = 0; i < subscribers; ++i) w.connect(i + 1, "bench/topic", 0);
  w.connect(0, "", 0);
  const std::string bytes = publish_bytes("bench/topic", 0);
  for (auto _ : state) benchmark::DoNotOptimize(w.broker.handle_bytes(ConnId(0), bytes, w.now));
  state.SetItemsProcessed(state.iterations() * subscribers);
}
BENCHMARK(fan_out_qos0)->Arg(1)->Arg(10)->Arg(1000)->Arg(100000);

void fan_out_overlapping(benchmark::State& state) {
  Bench w;
  const auto subscribers = static_cast<std::uint32_t>(state.range(0));
  for (std::uint32_t i = 0; i < subscribers; ++i) w.connect(i + 1, i % 2 == 0 ? "bench/topic" : "bench/+", 0);
  w.connect(0, "", 0);
  const std::string bytes = publish_bytes("bench/topic", 0);
  for (auto _ : state) benchmark::DoNotOptimize(w.broker.handle_bytes(ConnId(0), bytes, w.now));
  state.SetItemsProcessed(state.iterations() * subscribers);
}
BENCHMARK(fan_out_overlapping)->Arg(1000);

/// Delivery, then the PUBACK of every subscriber.
void fan_out_qos1(benchmark::State& state) {
  Bench w;
  const auto subscribers = static_cast<std::uint32_t>(state.range(0));
  for (std::uint32_t i = 0; i < subscribers; ++i) w.connect(i + 1, "bench/topic", 1);
  w.connect(0, "", 0);
  const std::string bytes = publish_bytes("bench/topic", 1, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(w.broker.handle_bytes(ConnId(0), bytes, w.now));
    const auto ack = mqtt::make_ack(mqtt::PacketType::puback, w.output.last_id, mqtt::ReasonCode::success,
                                    mqtt::Version::v3_1_1);
    for (std::uint32_t i = 0; i < subscribers; ++i) {
      benchmark::DoNotOptimize(w.broker.handle_bytes(ConnId(i + 1), ack.bytes(), w.now));
    }
  }
  state.SetItemsProcessed(state.iterations() * subscribers);
}
BENCHMARK(fan_out_qos1)->Arg(1)->Arg(1000);

/// Pairs of clients, each with its own topic; one publish from each in turn.
void pairs_qos0(benchmark::State& state) {
  Bench w;
  const auto pairs = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::string> bytes;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const std::string topic = "bench/pair/" + std::to_string(i);
    w.connect(2 * i, "", 0);
    w.connect(2 * i + 1, topic, 0);
    bytes.push_back(publish_bytes(topic, 0));
  }
  std::uint32_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(w.broker.handle_bytes(ConnId(2 * i), bytes[i], w.now));
    if (++i == pairs) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pairs_qos0)->Arg(1)->Arg(1000)->Arg(50000);

void print_memory() {
  constexpr std::uint32_t clients = 100'000;
  const std::size_t before = mallinfo2().uordblks;
  Bench w;
  for (std::uint32_t i = 0; i < clients; ++i) w.connect(i, "device/" + std::to_string(i) + "/commands", 1);
  const std::size_t used = mallinfo2().uordblks - before;
  std::printf("sizeof Channel %zu, Session %zu, InflightEntry %zu, Outgoing %zu, SubscriberList %zu\n",
              sizeof(Channel), sizeof(Session), sizeof(InflightEntry), sizeof(Outgoing),
              sizeof(SubscriberList));
  std::printf("heap per idle connection with one subscription: %zu bytes\n", used / clients);
}

}  // namespace
}  // namespace meshmq::broker

int main(int argc, char** argv) {
  meshmq::broker::print_memory();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
