#include "broker/awaiting_rel.hpp"

#include <utility>
#include <vector>

namespace meshmq::broker {

namespace {

std::uint32_t seconds_of(TimePoint at) {
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
}

}  // namespace

void AwaitingRel::insert(mqtt::PacketId id, TimePoint now) {
  if ((size_ + 1) * 4 > capacity_ * 3) grow();
  Slot& slot = slots_[index_of(id)];
  if (slot.id == 0) ++size_;
  slot = {id, seconds_of(now)};
}

bool AwaitingRel::erase(mqtt::PacketId id) {
  if (!contains(id)) return false;
  erase_slot(index_of(id));
  return true;
}

std::size_t AwaitingRel::erase_older(TimePoint oldest) {
  std::vector<mqtt::PacketId> late;
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    if (slots_[i].id != 0 && slots_[i].inserted_s < seconds_of(oldest)) late.push_back(slots_[i].id);
  }
  for (const mqtt::PacketId id : late) erase(id);
  return late.size();
}

std::uint32_t AwaitingRel::index_of(mqtt::PacketId id) const {
  std::uint32_t i = home(id);
  while (slots_[i].id != 0 && slots_[i].id != id) i = (i + 1) & (capacity_ - 1);
  return i;
}

void AwaitingRel::grow() {
  const std::uint32_t old_capacity = capacity_;
  capacity_ = capacity_ == 0 ? capacity_first : capacity_ * 2;
  const auto old_slots = std::exchange(slots_, std::make_unique<Slot[]>(capacity_));
  for (std::uint32_t i = 0; i < old_capacity; ++i) {
    if (old_slots[i].id != 0) slots_[index_of(old_slots[i].id)] = old_slots[i];
  }
}

void AwaitingRel::erase_slot(std::uint32_t hole) {
  // Shifts back what probing had pushed over the hole, so that no tombstones are needed.
  const std::uint32_t mask = capacity_ - 1;
  for (std::uint32_t i = (hole + 1) & mask; slots_[i].id != 0; i = (i + 1) & mask) {
    const std::uint32_t distance_home = (i - home(slots_[i].id)) & mask;
    const std::uint32_t distance_hole = (i - hole) & mask;
    if (distance_home < distance_hole) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = Slot{};
  --size_;
}

}  // namespace meshmq::broker
