#include "node/fences.hpp"

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

/// Smaller numbers are those of evacuation (evacuation.cpp).
constexpr std::uint8_t fence_kind = 64;

}  // namespace

bool Fences::is_about_fences(std::string_view bytes) {
  return !bytes.empty() && static_cast<std::uint8_t>(bytes[0]) == fence_kind;
}

void Fences::begin(Now now) {
  asked_ = false;
  begun_ = now.mono;
  ++last_;
  waiting_.clear();
  std::string question;
  ByteWriter w(question);
  w.u8(fence_kind);
  w.u64(last_);
  for (const std::string& node : cluster_.membership().others()) {
    if (cluster_.running(node) && cluster_.send_message(node, question)) waiting_[node] = config_.workers;
  }
  waiting_[config_.name] = config_.workers;
  for (std::uint16_t i = 0; i < config_.workers; ++i)
    ports_.to_worker(WorkerIndex(i), SendFence{Slot(i), last_});
}

void Fences::message(const std::string& node, std::string_view bytes) {
  ByteReader r(bytes.substr(1));
  const std::uint64_t round = r.u64();
  const auto slot = cluster_.slot_of(node);
  if (!r.ok() || !slot) return;
  for (std::uint16_t i = 0; i < config_.workers; ++i)
    ports_.to_worker(WorkerIndex(i), SendFence{*slot, round});
}

void Fences::handle(const FencePassed& m) {
  const auto it = waiting_.find(m.node);
  if (m.round != last_ || it == waiting_.end()) return;
  if (--it->second > 0) return;
  waiting_.erase(it);
  end_if_passed();
}

void Fences::peer_down(const std::string& node) {
  if (waiting_.erase(node) > 0) end_if_passed();
}

void Fences::end_if_passed() {
  if (waiting_.empty()) on_passed(last_);
}

void Fences::end_of_turn(Now now) {
  if (!waiting_.empty() && now.mono - begun_ >= patience) waiting_.clear();
  if (asked_ && waiting_.empty() && now.mono - begun_ >= interval) begin(now);
}

}  // namespace meshmq::node
