// WebSocket: the HTTP request, frames in any pieces, compressed messages.

#include <algorithm>

#include "front/deflate.hpp"
#include "front/upgrade.hpp"
#include "front/ws_frame_reader.hpp"
#include "front/ws_frame_writer.hpp"
#include "fuzz.hpp"

namespace meshmq::fuzz {
namespace {

using namespace front;

void run_upgrade(Input& input) {
  UpgradeOptions options;
  options.check_origin_enable = input.flag();
  options.check_origins = {"http://localhost:18083"};
  options.proxy_address_header = "x-forwarded-for";
  options.proxy_port_header = "x-forwarded-port";
  if (input.flag()) options.compress = DeflateParams{};
  const ExactCopy copy(input.rest());
  const std::string_view all = copy.bytes();
  (void)may_be_upgrade(all);
  const auto end = find_upgrade_end(all, 0);
  // Found in whatever pieces it comes.
  std::size_t from = 0;
  for (std::size_t size = 0; end && size < *end; size += 1 + *end / 16) {
    FUZZ_CHECK(!find_upgrade_end(all.substr(0, size), from));
    from = size;
  }
  const UpgradeAnswer answer = answer_upgrade(all.substr(0, end.value_or(all.size())), options);
  FUZZ_CHECK(answer.accepted == answer.error.empty());
  FUZZ_CHECK(answer.response.starts_with("HTTP/1.1 ") &&
             answer.response.find("\r\n\r\n") != std::string::npos);
  FUZZ_CHECK(answer.accepted == answer.response.starts_with("HTTP/1.1 101"));
}

struct Outcome {
  std::string data;
  std::string controls;
  std::string end;

  bool operator==(const Outcome&) const = default;
};

Outcome read_frames(std::string_view stream, std::size_t piece, bool compression) {
  WsFrameReader reader(10'000);
  if (compression) reader.allow_compression();
  Outcome outcome;
  while (!stream.empty()) {
    const ExactCopy part(stream.substr(0, piece));
    stream.remove_prefix(part.bytes().size());
    std::string_view bytes = part.bytes();
    for (;;) {
      const std::size_t before = bytes.size();
      const WsEvent event = reader.read(bytes, outcome.data);
      FUZZ_CHECK(bytes.size() <= before);
      if (event == WsEvent::more) break;
      if (event == WsEvent::control) {
        outcome.controls += static_cast<char>(reader.opcode());
        outcome.controls += reader.payload();
        std::string answer;
        if (reader.opcode() == WsOpcode::close) answer_ws_close(answer, reader.payload());
        FUZZ_CHECK(reader.payload().size() <= ws_control_bytes_max);
      }
      if (event == WsEvent::failed) {
        outcome.end = reader.error();
        FUZZ_CHECK(!outcome.end.empty());
        return outcome;
      }
    }
    FUZZ_CHECK(bytes.empty());
  }
  return outcome;
}

void run_frames(Input& input) {
  const bool compression = input.flag();
  const std::string_view stream = input.rest();
  const Outcome whole = read_frames(stream, stream.size() + 1, compression);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{64}}) {
    FUZZ_CHECK(read_frames(stream, piece, compression) == whole);
  }
}

void run_inflate(Input& input) {
  DeflateParams params;
  params.client_takeover = input.flag();
  params.client_window_bits = static_cast<int>(9 + input.below(7));
  Inflator inflator(params);
  while (!input.at_end()) {
    const ExactCopy part(input.text());
    std::string_view bytes = part.bytes();
    std::string out;
    if (!inflator.inflate(bytes, out, 1000)) return;
    FUZZ_CHECK(out.size() <= 1000);
    if (!input.flag()) continue;
    for (int i = 0; i < 100 && !inflator.finished(); ++i) {
      out.clear();
      if (!inflator.finish(out, 1000)) return;
      FUZZ_CHECK(out.size() <= 1000);
    }
  }
}

void run_deflate(Input& input) {
  DeflateParams params;
  params.server_takeover = params.client_takeover = input.flag();
  params.server_window_bits = params.client_window_bits = static_cast<int>(9 + input.below(7));
  Deflator deflator(params);
  Inflator inflator(params);
  while (!input.at_end()) {
    const std::string_view plain = input.text();
    std::string small;
    deflator.deflate(plain.substr(0, plain.size() / 2), small);
    deflator.deflate(plain.substr(plain.size() / 2), small);
    deflator.finish(small);
    std::string_view bytes = small;
    std::string out;
    FUZZ_CHECK(inflator.inflate(bytes, out, 1000) && bytes.empty());
    FUZZ_CHECK(inflator.finish(out, 1000) && inflator.finished());
    FUZZ_CHECK(out == plain);
  }
}

/// The end of a packet is found however its bytes come.
void run_boundary(Input& input) {
  MqttBoundary whole;
  MqttBoundary single;
  std::string_view all = input.rest();
  while (!all.empty()) {
    const std::size_t size = whole.take(all);
    FUZZ_CHECK(size > 0 && size <= all.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(size, 200); ++i) {
      if (size > 200) break;
      FUZZ_CHECK(single.take(all.substr(i, 1)) == 1);
      FUZZ_CHECK(i + 1 == size || !single.ended());
    }
    if (size > 200) return;
    FUZZ_CHECK(single.ended() == whole.ended());
    all.remove_prefix(size);
  }
}

void run(Input input) {
  switch (input.below(5)) {
    case 0:
      return run_upgrade(input);
    case 1:
      return run_frames(input);
    case 2:
      return run_inflate(input);
    case 3:
      return run_deflate(input);
    default:
      return run_boundary(input);
  }
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
