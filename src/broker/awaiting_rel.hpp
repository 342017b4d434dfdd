#pragma once
// Packet ids of QoS 2 messages that a client has published and not yet released ([MQTT-4.3.3-2]).

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/time.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// The set that makes "exactly once": a PUBLISH whose id is in it has been taken already. Open addressing, 8
/// bytes per slot, no memory before the first id. Outlives the connection. Limit: Config::awaiting_rel_max,
/// kept by the caller; MQTT's own are 65,535 ids.
class AwaitingRel {
 public:
  std::size_t size() const { return size_; }
  bool contains(mqtt::PacketId id) const { return capacity_ != 0 && slots_[index_of(id)].id != 0; }
  void insert(mqtt::PacketId id, TimePoint now);
  /// False if it was not there.
  bool erase(mqtt::PacketId id);
  /// In no order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
      if (slots_[i].id != 0) visit(slots_[i].id);
    }
  }
  /// Forgets ids that were inserted before `oldest`. Returns how many.
  std::size_t erase_older(TimePoint oldest);
  /// Gives all memory back if there are no ids.
  void trim() {
    if (size_ != 0) return;
    slots_.reset();
    capacity_ = 0;
  }

 private:
  struct Slot {
    mqtt::PacketId id = 0;
    std::uint32_t inserted_s = 0;
  };
  static constexpr std::uint32_t capacity_first = 8;

  std::uint32_t home(mqtt::PacketId id) const { return id & (capacity_ - 1); }
  /// Where the id is, or the empty slot where it would be.
  std::uint32_t index_of(mqtt::PacketId id) const;
  void grow();
  void erase_slot(std::uint32_t hole);

  std::unique_ptr<Slot[]> slots_;
  std::uint32_t capacity_ = 0;  ///< a power of two, or 0; at most three quarters full
  std::uint32_t size_ = 0;
};

}  // namespace meshmq::broker
