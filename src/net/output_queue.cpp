#include "net/output_queue.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace meshmq::net {
namespace {

using broker::Frame;
using broker::FramePtr;
using Entry = OutputBlock::Entry;

static_assert(sizeof(Frame*) + sizeof(std::uint16_t) <= broker::small_packet_bytes_max);

Frame* frame_of(const Entry& entry) {
  Frame* frame;
  std::memcpy(&frame, entry.bytes, sizeof frame);
  return frame;
}

/// The two bytes of the packet id, as they go on the wire.
std::string_view packet_id_bytes(const Entry& entry) {
  return {entry.bytes + sizeof(Frame*), 2};
}

std::size_t size_of(const Entry& entry) {
  return entry.size == Entry::is_frame ? frame_of(entry)->size() : entry.size;
}

void release(const Entry& entry) {
  if (entry.size == Entry::is_frame) frame_of(entry)->release();
}

}  // namespace

// ---------------------------------------------------------------- pool

OutputPool::~OutputPool() {
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

OutputBlock* OutputPool::take() {
  OutputBlock* block = free_;
  if (block == nullptr) {
    block = new OutputBlock;
  } else {
    free_ = block->next;
    --kept_;
  }
  block->next = nullptr;
  block->begin = block->end = 0;
  return block;
}

void OutputPool::give_back(OutputBlock* block) {
  if (kept_ >= kept_max) {
    delete block;
    return;
  }
  block->next = free_;
  free_ = block;
  ++kept_;
}

// ---------------------------------------------------------------- gather

void Gather::clear() {
  part_count_ = copied_ = bytes_ = 0;
}

bool Gather::add_part(const char* data, std::size_t size) {
  if (part_count_ > 0) {
    iovec& last = parts_[part_count_ - 1];
    if (static_cast<const char*>(last.iov_base) + last.iov_len == data) {
      last.iov_len += size;
      bytes_ += size;
      return true;
    }
  }
  if (part_count_ == parts_max) return false;
  parts_[part_count_++] = {const_cast<char*>(data), size};
  bytes_ += size;
  return true;
}

bool Gather::copy(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (copied_ + bytes.size() > copy_bytes_max) return false;
  char* at = copies_.get() + copied_;
  std::memcpy(at, bytes.data(), bytes.size());
  if (!add_part(at, bytes.size())) return false;
  copied_ += bytes.size();
  return true;
}

bool Gather::reference(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (bytes_ >= bytes_max) return false;
  return add_part(bytes.data(), bytes.size());
}

// ---------------------------------------------------------------- queue

Entry& OutputQueue::add(OutputPool& pool) {
  if (tail_ == nullptr) {
    head_ = tail_ = pool.take();
  } else if (tail_->end == OutputBlock::entries_max) {
    tail_->next = pool.take();
    tail_ = tail_->next;
  }
  return tail_->entries[tail_->end++];
}

void OutputQueue::push(OutputPool& pool, const FramePtr& frame, mqtt::PacketId packet_id) {
  Entry& entry = add(pool);
  entry.size = Entry::is_frame;
  Frame* shared = frame.get();
  shared->add_ref();
  std::memcpy(entry.bytes, &shared, sizeof shared);
  entry.bytes[sizeof shared] = static_cast<char>(packet_id >> 8);
  entry.bytes[sizeof shared + 1] = static_cast<char>(packet_id);
  bytes_ += shared->size();
}

void OutputQueue::push_small(OutputPool& pool, std::string_view packet) {
  MESHMQ_ASSERT(packet.size() <= broker::small_packet_bytes_max, "larger packets are sent as frames");
  Entry& entry = add(pool);
  entry.size = static_cast<std::uint8_t>(packet.size());
  std::memcpy(entry.bytes, packet.data(), packet.size());
  bytes_ += packet.size();
}

void OutputQueue::pop(OutputPool& pool) {
  OutputBlock* block = head_;
  release(block->entries[block->begin++]);
  if (block->begin < block->end) return;
  head_ = block->next;
  if (head_ == nullptr) tail_ = nullptr;
  pool.give_back(block);
}

void OutputQueue::clear(OutputPool& pool) {
  while (head_ != nullptr) pop(pool);
  bytes_ = front_written_ = 0;
}

bool OutputQueue::gather_entry(const Entry& entry, std::size_t skip, Gather& out) {
  if (entry.size != Entry::is_frame) return out.copy(std::string_view(entry.bytes, entry.size).substr(skip));
  const Frame* frame = frame_of(entry);
  const std::string_view bytes = frame->bytes();
  const std::size_t id_at = frame->packet_id_offset();
  const auto put = [&](std::string_view part) {
    return part.size() < Gather::reference_bytes_min ? out.copy(part) : out.reference(part);
  };
  if (id_at == 0 || skip >= id_at + 2) return put(bytes.substr(skip));
  // Before the packet id, the id, and behind it. If only a beginning finds room, the call ends with it: what
  // has been gathered is always a prefix of the queue.
  if (skip < id_at && !put(bytes.substr(skip, id_at - skip))) return false;
  const std::size_t id_skip = skip > id_at ? skip - id_at : 0;
  return out.copy(packet_id_bytes(entry).substr(id_skip)) && put(bytes.substr(id_at + 2));
}

void OutputQueue::gather(Gather& out) const {
  out.clear();
  std::size_t skip = front_written_;
  for (const OutputBlock* block = head_; block != nullptr; block = block->next) {
    for (std::uint8_t i = block->begin; i < block->end; ++i) {
      if (out.bytes() >= Gather::bytes_max || !gather_entry(block->entries[i], skip, out)) return;
      skip = 0;
    }
  }
}

std::size_t OutputQueue::consume(OutputPool& pool, std::size_t written) {
  MESHMQ_ASSERT(written <= bytes_, "more was written than waited");
  bytes_ -= written;
  std::size_t packets = 0;
  while (head_ != nullptr) {
    const std::size_t rest = size_of(head_->entries[head_->begin]) - front_written_;
    if (written < rest) break;
    written -= rest;
    front_written_ = 0;
    pop(pool);
    ++packets;
  }
  front_written_ += written;
  return packets;
}

}  // namespace meshmq::net
