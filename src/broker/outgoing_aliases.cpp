#include "broker/outgoing_aliases.hpp"

namespace meshmq::broker {

OutgoingAliases::Use OutgoingAliases::use(std::string_view topic) {
  if (topic.size() > topic_bytes_max) return {};
  if (const auto it = topics_.find(topic); it != topics_.end()) {
    slots_[it->second].used = true;
    return {static_cast<std::uint16_t>(it->second + 1), true};
  }
  if (slots_.size() < count_max_) {
    slots_.emplace_back();
    return give(static_cast<std::uint16_t>(slots_.size() - 1), topic);
  }
  const std::uint16_t index = hand_;
  hand_ = static_cast<std::uint16_t>((hand_ + 1) % count_max_);
  Slot& slot = slots_[index];
  if (slot.used) {
    slot.used = false;
    return {};
  }
  forget(static_cast<std::uint16_t>(index + 1));
  return give(index, topic);
}

void OutgoingAliases::forget(std::uint16_t alias) {
  Slot& slot = slots_[alias - 1U];
  if (slot.topic.empty()) return;
  topics_.erase(topics_.find(slot.topic));
  slot = Slot{};
}

OutgoingAliases::Use OutgoingAliases::give(std::uint16_t index, std::string_view topic) {
  const auto it = topics_.emplace(topic, index).first;
  slots_[index] = {it->first, false};
  return {static_cast<std::uint16_t>(index + 1), false};
}

}  // namespace meshmq::broker
