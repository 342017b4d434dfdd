// MQTT packets: decoding what arrives, encoding what leaves.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/message.hpp"

namespace meshmq::mqtt {
namespace {

Version version_of(const benchmark::State& state) {
  return state.range(0) == 5 ? Version::v5 : Version::v3_1_1;
}

Publish sample(std::string_view payload) {
  Publish publish;
  publish.topic = "fleet/f17/dev/123456/state/battery";
  publish.payload = payload;
  publish.qos = QoS::at_least_once;
  publish.packet_id = 7;
  return publish;
}

/// range: version, payload bytes.
void encode_publish(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(1)), 'p');
  const Publish publish = sample(payload);
  std::string out(payload.size() + 100, '\0');
  for (auto _ : state) {
    const PublishEncoder encoder(publish, version_of(state));
    benchmark::DoNotOptimize(encoder.write(out.data()));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(encode_publish)->Args({4, 16})->Args({4, 256})->Args({5, 16})->Args({5, 256});

void decode_publish(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(1)), 'p');
  std::string bytes;
  encode_packet(sample(payload), version_of(state), bytes);
  const DecodeOptions options{Role::server, version_of(state), 0};
  Decoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(bytes, options));
}
BENCHMARK(decode_publish)->Args({4, 16})->Args({4, 256})->Args({5, 16})->Args({5, 256});

void decode_puback(benchmark::State& state) {
  const SmallPacket packet = make_ack(PacketType::puback, 7, ReasonCode::success, version_of(state));
  const DecodeOptions options{Role::server, version_of(state), 0};
  Decoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(packet.bytes(), options));
}
BENCHMARK(decode_puback)->Arg(4)->Arg(5);

void make_puback(benchmark::State& state) {
  PacketId id = 0;
  for (auto _ : state) {
    const SmallPacket packet = make_ack(PacketType::puback, ++id, ReasonCode::success, version_of(state));
    benchmark::DoNotOptimize(packet);
  }
}
BENCHMARK(make_puback)->Arg(4)->Arg(5);

void decode_connect(benchmark::State& state) {
  Connect connect;
  connect.version = version_of(state);
  connect.client_id = "device-000123456";
  connect.username = "device-000123456";
  connect.password = "secret";
  connect.keep_alive_s = 60;
  std::string bytes;
  encode_packet(connect, connect.version, bytes);
  Decoder decoder;
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(bytes, DecodeOptions{}));
}
BENCHMARK(decode_connect)->Arg(4)->Arg(5);

/// The block that a message becomes when it arrives, and its end.
void make_message(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'p');
  MessageParts parts;
  parts.topic = "fleet/f17/dev/123456/state/battery";
  parts.payload = payload;
  parts.publisher = "device-000123456";
  for (auto _ : state) benchmark::DoNotOptimize(Message::make(parts));
}
BENCHMARK(make_message)->Arg(16)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace meshmq::mqtt
