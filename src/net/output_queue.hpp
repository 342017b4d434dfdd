#pragma once
// Packets that wait for one connection, and how they are put together for one system call.

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "broker/frame.hpp"
#include "broker/ports.hpp"
#include "mqtt/types.hpp"

namespace meshmq::net {

/// A cache line of queue: three entries. An entry is a reference to a shared frame with its packet id, or the
/// bytes of a small packet.
struct OutputBlock {
  struct Entry {
    static constexpr std::uint8_t is_frame = 0xff;
    static constexpr std::size_t packet_id_at = sizeof(void*);  ///< of a frame, behind the pointer

    char bytes[broker::small_packet_bytes_max];  ///< the packet; or a Frame*, then the packet id
    std::uint8_t size;                           ///< of the small packet, or is_frame
    std::uint8_t unused[3];
  };
  static constexpr std::uint8_t entries_max = 3;

  OutputBlock* next;  ///< the last one's: the first
  std::uint8_t begin;
  std::uint8_t end;
  Entry entries[entries_max];
};
static_assert(sizeof(OutputBlock) == 64);

/// Spare blocks of one worker. Keeps at most `kept_max` of them (1 MiB), the rest goes back to the allocator.
class OutputPool {
 public:
  OutputPool() = default;
  ~OutputPool();
  OutputPool(const OutputPool&) = delete;
  OutputPool& operator=(const OutputPool&) = delete;

  OutputBlock* take() {
    OutputBlock* block = free_;
    if (block == nullptr) return new OutputBlock{};
    free_ = block->next;
    --kept_;
    block->next = nullptr;
    block->begin = block->end = 0;
    return block;
  }
  void give_back(OutputBlock* block) {
    if (kept_ >= kept_max) {
      delete block;
      return;
    }
    block->next = free_;
    free_ = block;
    ++kept_;
  }

 private:
  static constexpr std::size_t kept_max = 16 * 1024;

  OutputBlock* free_ = nullptr;
  std::size_t kept_ = 0;
};

/// One system call's worth of output. Small packets are copied into one buffer, since a copy below some 4 KB
/// costs less than a reference in the kernel (measured: 54 against 61 ns for 100 bytes, break-even near
/// 4000); large ones are referenced. One per worker; valid until the queue that filled it changes.
class Gather {
 public:
  static constexpr std::size_t reference_bytes_min = 4096;
  static constexpr std::size_t bytes_max = 256 * 1024;  ///< of one call

  void clear();
  /// Keeps no more than the first `bytes` of what was gathered.
  void limit(std::size_t bytes);
  const iovec* parts() const { return parts_.data(); }
  std::size_t part_count() const { return part_count_; }
  std::size_t bytes() const { return bytes_; }

 private:
  friend class OutputQueue;
  static constexpr std::size_t copy_bytes_max = 64 * 1024;
  static constexpr std::size_t parts_max = 64;

  /// Both return false, and take nothing, if there is no room.
  bool copy(std::string_view bytes);
  bool reference(std::string_view bytes);
  /// Copies make one part until something is referenced.
  void end_run();

  std::unique_ptr<char[]> copies_ = std::make_unique<char[]>(copy_bytes_max);
  std::array<iovec, parts_max> parts_;
  std::size_t part_count_ = 0;
  std::size_t copied_ = 0;
  std::size_t run_ = 0;  ///< where the copies begin that are no part yet
  std::size_t bytes_ = 0;
};

/// A queue of packets: 24 bytes when empty, no memory besides. Its blocks are a ring. push, then gather() and
/// consume() what was written. clear() it before it is destroyed. Thread rule: its worker.
class OutputQueue {
 public:
  void push(OutputPool& pool, const broker::FramePtr& frame, mqtt::PacketId packet_id) {
    Entry& entry = add(pool);
    entry.size = Entry::is_frame;
    broker::Frame* shared = frame.get();
    shared->add_ref();
    std::memcpy(entry.bytes, &shared, Entry::packet_id_at);
    entry.bytes[Entry::packet_id_at] = static_cast<char>(packet_id >> 8);
    entry.bytes[Entry::packet_id_at + 1] = static_cast<char>(packet_id);
    bytes_ += shared->size();
  }
  void push_small(OutputPool& pool, std::string_view packet);
  bool empty() const { return tail_ == nullptr; }
  /// Of all packets, without what was written already.
  std::size_t bytes() const { return bytes_; }

  /// As much of the front as goes into one call.
  void gather(Gather& out) const;
  /// `written` bytes of the front are gone; returns how many packets that completed.
  std::size_t consume(OutputPool& pool, std::size_t written);
  void clear(OutputPool& pool);

 private:
  using Entry = OutputBlock::Entry;

  Entry& add(OutputPool& pool) {
    if (tail_ == nullptr || tail_->end == OutputBlock::entries_max) grow(pool);
    return tail_->entries[tail_->end++];
  }
  void grow(OutputPool& pool);
  void pop_block(OutputPool& pool);
  std::size_t consume_all(OutputPool& pool);
  static bool gather_entry(const Entry& entry, std::size_t skip, Gather& out);
  static bool gather_frame(const broker::Frame& frame, const Entry& entry, std::size_t skip, Gather& out);

  OutputBlock* tail_ = nullptr;  ///< the front follows it
  std::size_t bytes_ = 0;
  std::size_t front_written_ = 0;  ///< bytes of the first packet that are gone
};

}  // namespace meshmq::net
