#include "node/peer_calls.hpp"

#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

/// Smaller numbers are those of sessions that move (session_wire.hpp).
enum class CallKind : std::uint8_t { question = 32, answer = 33 };

}  // namespace

bool PeerCalls::is_call(std::string_view bytes) {
  if (bytes.empty()) return false;
  const auto kind = static_cast<CallKind>(static_cast<std::uint8_t>(bytes[0]));
  return kind == CallKind::question || kind == CallKind::answer;
}

void PeerCalls::ask(OperationId operation, const std::string& node, std::string_view question, Now now) {
  const std::uint64_t id = ++last_;
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(CallKind::question));
  w.u64(id);
  w.bytes(question);
  asked_[id] = {operation, node, now.mono + answer_wait};
  if (!send_(node, std::move(bytes))) end(id, fail(Errc::unreachable, node + " is not running"));
}

void PeerCalls::answer(const PeerCall& call, std::string_view answer) {
  do {
    const std::string_view part = answer.substr(0, part_bytes);
    answer.remove_prefix(part.size());
    std::string bytes;
    ByteWriter w(bytes);
    w.u8(static_cast<std::uint8_t>(CallKind::answer));
    w.u64(call.id);
    w.u8(answer.empty() ? 1 : 0);
    w.bytes(part);
    if (!send_(call.node, std::move(bytes))) return;
  } while (!answer.empty());
}

void PeerCalls::message(const std::string& node, std::string_view bytes) {
  ByteReader r(bytes);
  const auto kind = static_cast<CallKind>(r.u8());
  const std::uint64_t id = r.u64();
  if (kind == CallKind::question && r.ok()) return ports_.peer_asks({node, id}, std::string(r.rest()));
  const auto asked = asked_.find(id);
  if (kind != CallKind::answer || asked == asked_.end() || asked->second.node != node) return;
  const bool last = r.u8() != 0;
  std::string& answer = asked->second.answer;
  if (!r.ok() || answer.size() + r.rest().size() > answer_bytes_max) {
    return end(id, fail(Errc::malformed, "the answer of " + node + " cannot be read"));
  }
  answer += r.rest();
  if (last) end(id, std::move(answer));
}

void PeerCalls::end(std::uint64_t id, Result<std::string> result) {
  const auto asked = asked_.extract(id);
  ports_.peer_answered(asked.mapped().operation, std::move(result));
}

void PeerCalls::peer_down(const std::string& node) {
  std::vector<std::uint64_t> lost;
  for (const auto& [id, asked] : asked_) {
    if (asked.node == node) lost.push_back(id);
  }
  for (const std::uint64_t id : lost) end(id, fail(Errc::unreachable, node + " went down"));
}

void PeerCalls::tick(Now now) {
  while (!asked_.empty() && asked_.begin()->second.deadline <= now.mono) {
    end(asked_.begin()->first, fail(Errc::timed_out, asked_.begin()->second.node + " does not answer"));
  }
}

}  // namespace meshmq::node
