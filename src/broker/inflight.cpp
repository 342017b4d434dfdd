#include "broker/inflight.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::broker {

InflightEntry& Inflight::add(Outgoing outgoing, TimePoint now) {
  MESHMQ_ASSERT(!full(), "the window is full");
  if (size_ == capacity_) grow();
  do {
    ++last_id_;
  } while (last_id_ == 0 || slot(last_id_).packet_id != 0);
  InflightEntry& entry = slot(last_id_);
  entry.state = outgoing.qos == mqtt::QoS::exactly_once ? InflightState::awaiting_pubrec
                                                        : InflightState::awaiting_puback;
  entry.outgoing = std::move(outgoing);
  entry.sent_at = now;
  entry.order = next_order_++;
  entry.packet_id = last_id_;
  ++size_;
  return entry;
}

bool Inflight::restore(mqtt::PacketId packet_id, InflightState state, Outgoing outgoing, TimePoint now) {
  if (find(packet_id) != nullptr) return false;
  while (capacity_ == 0 || slot(packet_id).packet_id != 0) grow();
  InflightEntry& entry = slot(packet_id);
  entry.outgoing = std::move(outgoing);
  entry.sent_at = now;
  entry.order = next_order_++;
  entry.packet_id = packet_id;
  entry.state = state;
  entry.parked = true;
  ++parked_;
  ++size_;
  return true;
}

InflightEntry* Inflight::find(mqtt::PacketId packet_id) {
  if (capacity_ == 0 || packet_id == 0) return nullptr;
  InflightEntry& entry = slot(packet_id);
  return entry.packet_id == packet_id ? &entry : nullptr;
}

void Inflight::remove(InflightEntry& entry) {
  if (entry.parked) --parked_;
  --size_;
  entry.outgoing = Outgoing{};
  entry.packet_id = 0;
  entry.parked = false;
}

void Inflight::received(InflightEntry& entry, TimePoint now) {
  if (entry.parked) unpark(entry, now);
  entry.state = InflightState::awaiting_pubcomp;
  entry.outgoing = Outgoing{};
  entry.sent_at = now;
  entry.order = next_order_++;
}

void Inflight::park_all() {
  for (std::uint32_t i = 0; i < capacity_; ++i) slots_[i].parked = slots_[i].packet_id != 0;
  parked_ = size_;
}

void Inflight::unpark(InflightEntry& entry, TimePoint now) {
  MESHMQ_ASSERT(entry.parked, "only what is parked");
  entry.parked = false;
  entry.sent_at = now;
  --parked_;
}

TimePoint Inflight::oldest_sent_at(TimePoint if_none) const {
  TimePoint oldest = if_none;
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    const InflightEntry& entry = slots_[i];
    if (entry.packet_id != 0 && !entry.parked) oldest = std::min(oldest, entry.sent_at);
  }
  return oldest;
}

void Inflight::trim() {
  if (size_ != 0) return;
  slots_.reset();
  capacity_ = 0;
}

std::vector<InflightEntry*> Inflight::in_order() {
  std::vector<InflightEntry*> entries;
  entries.reserve(size_);
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    if (slots_[i].packet_id != 0) entries.push_back(&slots_[i]);
  }
  // Counted back from the next one, so that the counter may wrap.
  std::sort(entries.begin(), entries.end(),
            [this](const auto* a, const auto* b) { return next_order_ - a->order > next_order_ - b->order; });
  return entries;
}

void Inflight::grow() {
  const std::uint32_t capacity = capacity_ == 0 ? capacity_first : capacity_ * 2;
  auto slots = std::make_unique<InflightEntry[]>(capacity);
  // Ids that had different slots in the small ring have different ones in the large one.
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    if (slots_[i].packet_id != 0) slots[slots_[i].packet_id & (capacity - 1)] = std::move(slots_[i]);
  }
  slots_ = std::move(slots);
  capacity_ = capacity;
}

}  // namespace meshmq::broker
