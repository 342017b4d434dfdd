// MQTT packets: what is accepted can be sent again and means the same; how the bytes are cut does not matter.

#include <optional>

#include "fuzz.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::fuzz {
namespace {

using mqtt::DecodeOptions;
using mqtt::Decoder;
using mqtt::DecodeResult;
using mqtt::DecodeStatus;
using mqtt::Version;

void check_accepted(const mqtt::Packet& packet, const DecodeOptions& options) {
  const std::string text = mqtt::testing::describe(packet);
  const auto* connect = std::get_if<mqtt::Connect>(&packet);
  const Version version = connect != nullptr ? connect->version : options.version;
  std::string again;
  mqtt::encode_packet(packet, version, again);
  Decoder other;
  const DecodeResult second = other.decode(again, {.role = options.role, .version = version});
  FUZZ_CHECK(second.status == DecodeStatus::packet);
  FUZZ_CHECK(second.size == again.size());
  FUZZ_CHECK(mqtt::testing::describe(other.packet()) == text);
}

/// A beginning is either not enough or already wrong, for the same reason.
void check_prefix(std::string_view bytes, const DecodeOptions& options, const DecodeResult& whole) {
  const ExactCopy copy(bytes);
  Decoder decoder;
  const DecodeResult r = decoder.decode(copy.bytes(), options);
  FUZZ_CHECK(r.status != DecodeStatus::packet ||
             (whole.status == DecodeStatus::packet && r.size == whole.size));
  if (r.status == DecodeStatus::need_more) FUZZ_CHECK(r.size > bytes.size());
  if (r.status == DecodeStatus::error) {
    FUZZ_CHECK(whole.status == DecodeStatus::error && r.reason == whole.reason && r.text == whole.text);
  }
}

void run(Input input) {
  constexpr Version versions[] = {Version::v3_1, Version::v3_1_1, Version::v5, Version::v5};
  DecodeOptions options;
  const std::uint8_t head = input.byte();
  options.version = versions[head & 3];
  options.role = (head & 4) != 0 ? mqtt::Role::client : mqtt::Role::server;
  options.packet_bytes_max = (head & 8) != 0 ? 64 : 0;
  const std::string_view all = input.rest();
  Decoder decoder;
  for (std::string_view rest = all; !rest.empty();) {
    const ExactCopy copy(rest);
    const DecodeResult r = decoder.decode(copy.bytes(), options);
    if (r.status == DecodeStatus::packet) check_accepted(decoder.packet(), options);
    const std::size_t size = r.status == DecodeStatus::packet ? r.size : rest.size();
    for (std::size_t cut = 0; cut < size; cut += 1 + size / 24) check_prefix(rest.substr(0, cut), options, r);
    if (r.status != DecodeStatus::packet) {
      FUZZ_CHECK(r.status == DecodeStatus::need_more || !r.text.empty());
      return;
    }
    FUZZ_CHECK(r.size >= 2 && r.size <= rest.size());
    rest.remove_prefix(r.size);
  }
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
