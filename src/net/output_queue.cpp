#include "net/output_queue.hpp"

#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::net {
namespace {

using broker::Frame;
using broker::FramePtr;
using Entry = OutputBlock::Entry;

static_assert(Entry::packet_id_at + sizeof(mqtt::PacketId) <= broker::small_packet_bytes_max);

Frame* frame_of(const Entry& entry) {
  Frame* frame;
  std::memcpy(&frame, entry.bytes, Entry::packet_id_at);
  return frame;
}

/// The two bytes of the packet id, as they go on the wire.
std::string_view packet_id_bytes(const Entry& entry) {
  return {entry.bytes + Entry::packet_id_at, 2};
}

std::size_t size_of(const Entry& entry) {
  return entry.size == Entry::is_frame ? frame_of(entry)->size() : entry.size;
}

void release(const Entry& entry) {
  if (entry.size == Entry::is_frame) frame_of(entry)->release();
}

}  // namespace

OutputPool::~OutputPool() {
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

// ---------------------------------------------------------------- gather

void Gather::clear() {
  part_count_ = copied_ = run_ = bytes_ = 0;
}

void Gather::limit(std::size_t bytes) {
  if (bytes_ <= bytes) return;
  bytes_ = bytes;
  part_count_ = 0;
  while (parts_[part_count_].iov_len < bytes) bytes -= parts_[part_count_++].iov_len;
  parts_[part_count_++].iov_len = bytes;
}

bool Gather::copy(std::string_view bytes) {
  if (copied_ + bytes.size() > copy_bytes_max) return false;
  std::memcpy(copies_.get() + copied_, bytes.data(), bytes.size());
  copied_ += bytes.size();
  bytes_ += bytes.size();
  return true;
}

void Gather::end_run() {
  if (run_ == copied_) return;
  parts_[part_count_++] = {copies_.get() + run_, copied_ - run_};
  run_ = copied_;
}

bool Gather::reference(std::string_view bytes) {
  // Places for the run before, for this part, and for the run behind it.
  if (bytes_ >= bytes_max || part_count_ + 3 > parts_max) return false;
  end_run();
  parts_[part_count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
  bytes_ += bytes.size();
  return true;
}

// ---------------------------------------------------------------- queue

void OutputQueue::grow(OutputPool& pool) {
  OutputBlock* block = pool.take();
  if (tail_ == nullptr) {
    block->next = block;
  } else {
    block->next = std::exchange(tail_->next, block);
  }
  tail_ = block;
}

void OutputQueue::push_small(OutputPool& pool, std::string_view packet) {
  MESHMQ_ASSERT(packet.size() <= broker::small_packet_bytes_max, "larger packets are sent as frames");
  Entry& entry = add(pool);
  entry.size = static_cast<std::uint8_t>(packet.size());
  std::memcpy(entry.bytes, packet.data(), packet.size());
  bytes_ += packet.size();
}

void OutputQueue::pop_block(OutputPool& pool) {
  OutputBlock* block = tail_->next;
  if (block == tail_) {
    tail_ = nullptr;
  } else {
    tail_->next = block->next;
  }
  pool.give_back(block);
}

void OutputQueue::clear(OutputPool& pool) {
  consume_all(pool);
}

std::size_t OutputQueue::consume_all(OutputPool& pool) {
  std::size_t packets = 0;
  while (tail_ != nullptr) {
    const OutputBlock& front = *tail_->next;
    packets += front.end - front.begin;
    for (std::uint8_t i = front.begin; i < front.end; ++i) release(front.entries[i]);
    pop_block(pool);
  }
  bytes_ = front_written_ = 0;
  return packets;
}

bool OutputQueue::gather_entry(const Entry& entry, std::size_t skip, Gather& out) {
  if (entry.size != Entry::is_frame) return out.copy(std::string_view(entry.bytes, entry.size).substr(skip));
  const Frame& frame = *frame_of(entry);
  const std::string_view bytes = frame.bytes();
  if (bytes.size() >= Gather::reference_bytes_min || skip > 0) return gather_frame(frame, entry, skip, out);
  if (!out.copy(bytes)) return false;
  if (const std::size_t id_at = frame.packet_id_offset(); id_at != 0) {
    std::memcpy(out.copies_.get() + out.copied_ - bytes.size() + id_at, packet_id_bytes(entry).data(), 2);
  }
  return true;
}

/// Large frames, and those that have been written in part.
bool OutputQueue::gather_frame(const Frame& frame, const Entry& entry, std::size_t skip, Gather& out) {
  const std::string_view bytes = frame.bytes();
  const std::size_t id_at = frame.packet_id_offset();
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
  if (tail_ == nullptr) return;
  std::size_t skip = front_written_;
  const OutputBlock* block = tail_;
  do {
    block = block->next;
    for (std::uint8_t i = block->begin; i < block->end; ++i) {
      if (out.bytes_ >= Gather::bytes_max || !gather_entry(block->entries[i], skip, out)) {
        out.end_run();
        return;
      }
      skip = 0;
    }
  } while (block != tail_);
  out.end_run();
}

std::size_t OutputQueue::consume(OutputPool& pool, std::size_t written) {
  MESHMQ_ASSERT(written <= bytes_, "more was written than waited");
  if (written == bytes_) return consume_all(pool);
  bytes_ -= written;
  std::size_t packets = 0;
  for (;;) {
    OutputBlock& front = *tail_->next;
    const Entry& entry = front.entries[front.begin];
    const std::size_t rest = size_of(entry) - front_written_;
    if (written < rest) break;
    written -= rest;
    front_written_ = 0;
    release(entry);
    ++packets;
    if (++front.begin == front.end) pop_block(pool);
  }
  front_written_ += written;
  return packets;
}

}  // namespace meshmq::net
