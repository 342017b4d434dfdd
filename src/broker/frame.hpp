#pragma once
// One encoded packet, made once and shared by every connection of a worker that gets it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/intrusive_ptr.hpp"

namespace meshmq::broker {

class Frame;
using FramePtr = IntrusivePtr<Frame>;

/// One allocation: header, then the packet's bytes. The packet id differs per receiver and is patched while
/// gathering. Thread rule: belongs to one worker; the count is not atomic.
class Frame {
 public:
  /// Room for `size` bytes, to be filled through data() before sharing.
  static FramePtr make(std::size_t size);

  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  std::size_t size() const { return size_; }
  /// Where the two bytes of the packet id stand, or 0 if the packet has none.
  std::size_t packet_id_offset() const { return packet_id_offset_; }
  void set_packet_id_offset(std::size_t offset) { packet_id_offset_ = static_cast<std::uint32_t>(offset); }

  void add_ref() { ++refs_; }
  void release() {
    if (--refs_ == 0) destroy(this);
  }

 private:
  explicit Frame(std::size_t size) : size_(static_cast<std::uint32_t>(size)) {}
  static void destroy(Frame* frame);

  std::uint32_t refs_ = 1;
  std::uint32_t size_;
  std::uint32_t packet_id_offset_ = 0;
};

}  // namespace meshmq::broker
