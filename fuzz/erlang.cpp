// The Erlang distribution: terms, frames and their services, the handshake of both sides, EPMD; terms as
// text.

#include <vector>

#include "erldist/epmd.hpp"
#include "erldist/frame.hpp"
#include "erldist/handshake.hpp"
#include "erldist/peer.hpp"
#include "erldist/services.hpp"
#include "erldist/term.hpp"
#include "erldist/term_text.hpp"
#include "fuzz.hpp"

namespace meshmq::fuzz {
namespace {

using namespace erldist;

void run_term(std::string_view bytes) {
  const ExactCopy copy(bytes);
  std::string_view rest = copy.bytes();
  const auto term = decode_term(rest);
  if (!term) return;
  FUZZ_CHECK(rest.size() < bytes.size());
  std::string encoded;
  encode_term(*term, encoded);
  std::string_view again = encoded;
  const auto second = decode_term(again);
  FUZZ_CHECK(second.has_value() && again.empty());
  std::string twice;
  encode_term(*second, twice);
  FUZZ_CHECK(twice == encoded);
  (void)print(*term);
  (void)text_of(*term);
}

/// How a stream is cut does not matter.
std::vector<std::string> frames_of(std::string_view stream, std::size_t piece) {
  FrameReader reader(4096);
  std::vector<std::string> frames;
  while (!stream.empty()) {
    const ExactCopy part(stream.substr(0, piece));
    stream.remove_prefix(part.bytes().size());
    const auto fed = reader.feed(part.bytes(), [&](std::string_view body) {
      frames.emplace_back(body);
      return true;
    });
    if (!fed) {
      frames.emplace_back("failed");
      break;
    }
  }
  return frames;
}

void run_frames(std::string_view stream) {
  const auto frames = frames_of(stream, stream.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
    FUZZ_CHECK(frames_of(stream, piece) == frames);
  }
  Services services("meshmq@a.b", 1);
  for (const std::string& frame : frames) {
    const ExactCopy copy(frame);
    const auto message = decode_control(copy.bytes());
    if (!message) continue;
    (void)binary_of(*message);
    std::string out;
    std::vector<RpcCall> calls;
    services.handle(*message, out, calls);
    for (const RpcCall& call : calls) {
      services.print(call.id, "line\n", out);
      services.answer(call.id, Term::atom("ok"), out);
    }
    for (const std::string& answer : frames_of(out, out.size() + 1)) {
      FUZZ_CHECK(answer.empty() || decode_control(answer).has_value());
    }
  }
}

Now at(std::int64_t ms) {
  return {TimePoint(Duration(ms)), ms};
}

void run_handshake(Input& input) {
  const bool wide = input.flag();
  const bool accepts = input.flag();
  const Identity self{.name = "meshmq@10.0.0.1", .cookie = "cookie", .flags = flag::ours, .creation = 5};
  auto handshake = accepts ? Handshake::accept(self, 77, wide, at(0))
                           : Handshake::connect(self, "other@10.0.0.2", 77, wide, at(0));
  for (int step = 0; step < 40 && !input.at_end(); ++step) {
    const std::uint8_t what = input.byte();
    if (what == 0xFF) handshake.tick(at(step * 1000));
    if (what == 0xFE) handshake.closed();
    const ExactCopy part(input.take(what));
    handshake.feed(part.bytes(), at(step));
    if (handshake.wants_welcome()) handshake.welcome(static_cast<Welcome>(input.below(6)), at(step));
    (void)handshake.take_output();
    if (handshake.done()) (void)handshake.take_rest();
    // Nobody gets through without knowing the cookie: an input that computes MD5 is not expected.
    FUZZ_CHECK(!handshake.failed() || handshake.error() != HandshakeError::none);
    FUZZ_CHECK(!(handshake.done() && handshake.failed()));
  }
}

/// Both ends in earnest, one message at a time, with one of them spoiled.
void run_spoiled_handshake(Input& input) {
  const Identity a{.name = "a@10.0.0.1", .cookie = "cookie", .flags = flag::ours, .creation = 1};
  const Identity b{.name = "b@10.0.0.2", .cookie = "cookie", .flags = flag::ours, .creation = 2};
  auto caller = Handshake::connect(a, b.name, 1, false, at(0));
  auto callee = Handshake::accept(b, 2, false, at(0));
  for (int round = 0; round < 8; ++round) {
    for (auto* side : {&caller, &callee}) {
      std::string bytes = side->take_output();
      if (input.flag() && !bytes.empty()) {
        bytes[input.u16() % bytes.size()] = static_cast<char>(input.byte());
        bytes.resize(bytes.size() - input.below(3) % bytes.size());
      }
      auto& other = side == &caller ? callee : caller;
      other.feed(bytes, at(round));
      if (other.wants_welcome()) other.welcome(static_cast<Welcome>(input.below(6)), at(round));
    }
  }
}

void run_epmd(Input& input) {
  epmd::Server server(4369, 1);
  for (int i = 0; i < 20 && !input.at_end(); ++i) {
    const bool local = input.flag();
    const ExactCopy request(input.text());
    const auto reply = server.handle(i, request.bytes(), local);
    (void)epmd::decode_lookup(reply.bytes);
    (void)epmd::decode_registered(reply.bytes);
    if (input.flag()) server.closed(input.byte());
  }
  const ExactCopy rest(input.rest());
  (void)epmd::decode_lookup(rest.bytes());
  (void)epmd::decode_registered(rest.bytes());
}

/// What is printed is read again, to the same print.
void run_text(std::string_view text) {
  const ExactCopy copy(text);
  const auto terms = parse_terms(copy.bytes());
  if (!terms) {
    FUZZ_CHECK(terms.error().message.starts_with("line "));
    return;
  }
  for (const WrittenTerm& written : *terms) {
    const std::string printed = print(written.term);
    const auto again = parse_terms(printed + " .");
    FUZZ_CHECK(again.has_value() && again->size() == 1);
    FUZZ_CHECK(print(again->front().term) == printed);
  }
}

void run(Input input) {
  switch (input.below(7)) {
    case 0:
      return run_term(input.rest());
    case 1:
      return run_frames(input.rest());
    case 2:
      return run_handshake(input);
    case 3:
      return run_spoiled_handshake(input);
    case 4:
      return run_epmd(input);
    case 5:
      return run_text(input.rest());
    default: {
      const ExactCopy name(input.rest());
      if (const auto node = parse_node_name(name.bytes())) {
        FUZZ_CHECK(node->alive + "@" + node->host == name.bytes());
      }
      (void)parse_forward_name(name.bytes());
    }
  }
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
