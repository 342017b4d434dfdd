#pragma once
// The hash table under the topic table: 64-bit keys, growth in small pieces.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace meshmq::topic {

/// Open addressing with linear probing, cut into 256 shards by the key's high bits: a shard grows alone, so
/// that one insert never moves more than 1/256 of the table. Erasing shifts back, so there are no tombstones,
/// and shrinks, so that an emptied table holds no memory but itself. Keys are hashes made by the caller;
/// several slots may share one. Pointers to slots live until the next insert or erase. Thread rule: one
/// writer, or many readers while nobody writes. Limit: 2^31 slots per shard.
template <class Payload>
class ShardedSlots {
 public:
  struct Slot {
    std::uint64_t key = 0;  ///< 0: empty
    Payload payload{};
  };

  ShardedSlots() = default;
  ShardedSlots(const ShardedSlots&) = delete;
  ShardedSlots& operator=(const ShardedSlots&) = delete;

  /// Hashes may be anything, keys are never 0.
  static std::uint64_t to_key(std::uint64_t hash) { return hash == 0 ? 1 : hash; }

  /// The slot with this key for which `is_it(payload)` holds.
  template <class Predicate>
  const Slot* find(std::uint64_t key, Predicate&& is_it) const {
    const Shard& shard = shards_[key >> shard_shift];
    if (shard.size == 0) return nullptr;
    for (std::uint32_t i = home(key, shard);; i = (i + 1) & shard.mask) {
      const Slot& slot = shard.slots[i];
      if (slot.key == 0) return nullptr;
      if (slot.key == key && is_it(slot.payload)) return &slot;
    }
  }
  template <class Predicate>
  Slot* find(std::uint64_t key, Predicate&& is_it) {
    return const_cast<Slot*>(static_cast<const ShardedSlots&>(*this).find(key, is_it));
  }
  const Slot* find(std::uint64_t key) const {
    return find(key, [](const Payload&) { return true; });
  }
  Slot* find(std::uint64_t key) {
    return find(key, [](const Payload&) { return true; });
  }

  /// Starts fetching the memory that find(key) will look at.
  void prefetch(std::uint64_t key) const {
    const Shard& shard = shards_[key >> shard_shift];
    if (shard.size != 0) __builtin_prefetch(&shard.slots[home(key, shard)]);
  }

  /// Adds one more slot for this key, with an empty payload.
  Slot& insert(std::uint64_t key) {
    Shard& shard = shards_[key >> shard_shift];
    if (shard.slots == nullptr) {
      resize(shard, slots_min);
    } else if (std::size_t{shard.size} + 1 > (std::size_t{shard.mask} + 1) / 4 * 3) {
      resize(shard, (std::size_t{shard.mask} + 1) * 2);
    }
    ++shard.size;
    ++size_;
    return place(shard, Slot{key, Payload{}});
  }

  /// `slot` must come from find() or insert(), with no change in between.
  void erase(Slot& slot) {
    Shard& shard = shards_[slot.key >> shard_shift];
    close_gap(shard, static_cast<std::uint32_t>(&slot - shard.slots.get()));
    --shard.size;
    --size_;
    const std::size_t capacity = std::size_t{shard.mask} + 1;
    if (shard.size == 0) {
      slot_count_ -= capacity;
      shard = Shard{};
    } else if (capacity > slots_min && shard.size < capacity / 8) {
      resize(shard, capacity / 2);
    }
  }

  /// In no promised order, but the same for the same history.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Shard& shard : shards_) {
      if (shard.slots == nullptr) continue;
      for (std::size_t i = 0; i <= shard.mask; ++i) {
        if (shard.slots[i].key != 0) visit(shard.slots[i].payload);
      }
    }
  }

  void clear() {
    for (Shard& shard : shards_) shard = Shard{};
    size_ = 0;
    slot_count_ = 0;
  }

  std::size_t size() const { return size_; }
  /// Bytes on the heap.
  std::size_t memory_bytes() const { return slot_count_ * sizeof(Slot); }

 private:
  static constexpr unsigned shard_bits = 8;
  static constexpr unsigned shard_shift = 64 - shard_bits;
  static constexpr std::size_t slots_min = 4;

  struct Shard {
    std::unique_ptr<Slot[]> slots;
    std::uint32_t mask = 0;
    std::uint32_t size = 0;
  };

  static std::uint32_t home(std::uint64_t key, const Shard& shard) {
    return static_cast<std::uint32_t>(key) & shard.mask;
  }

  static Slot& place(Shard& shard, Slot slot) {
    std::uint32_t i = home(slot.key, shard);
    while (shard.slots[i].key != 0) i = (i + 1) & shard.mask;
    shard.slots[i] = slot;
    return shard.slots[i];
  }

  void resize(Shard& shard, std::size_t capacity) {
    const std::size_t old_capacity = shard.slots == nullptr ? 0 : std::size_t{shard.mask} + 1;
    const std::unique_ptr<Slot[]> old = std::exchange(shard.slots, std::make_unique<Slot[]>(capacity));
    shard.mask = static_cast<std::uint32_t>(capacity - 1);
    for (std::size_t i = 0; i < old_capacity; ++i) {
      if (old[i].key != 0) place(shard, old[i]);
    }
    slot_count_ += capacity - old_capacity;
  }

  /// Moves later slots of the same run back over the hole, as far as each may go.
  static void close_gap(Shard& shard, std::uint32_t hole) {
    for (std::uint32_t i = (hole + 1) & shard.mask; shard.slots[i].key != 0; i = (i + 1) & shard.mask) {
      const std::uint32_t from_home = (i - home(shard.slots[i].key, shard)) & shard.mask;
      if (from_home < ((i - hole) & shard.mask)) continue;
      shard.slots[hole] = shard.slots[i];
      hole = i;
    }
    shard.slots[hole] = Slot{};
  }

  std::array<Shard, std::size_t{1} << shard_bits> shards_;
  std::size_t size_ = 0;
  std::size_t slot_count_ = 0;
};

}  // namespace meshmq::topic
