#include "broker/frame.hpp"

#include <array>
#include <cstdint>
#include <new>

namespace meshmq::broker {

namespace {

constexpr std::size_t class_bytes = 64;
constexpr std::size_t class_count = 16;
constexpr std::size_t class_bytes_kept = 256 * 1024;

constexpr std::size_t class_of(std::size_t bytes) {
  return (bytes - 1) / class_bytes;
}

/// Blocks of small frames for the next ones. A burst of messages frees its frames by the thousand, far more
/// than the allocator's own thread cache holds. Frames never leave their thread, so one list per thread
/// serves its worker.
class FreeBlocks {
 public:
  FreeBlocks() = default;
  FreeBlocks(const FreeBlocks&) = delete;
  FreeBlocks& operator=(const FreeBlocks&) = delete;
  ~FreeBlocks() {
    for (List& list : lists_) {
      while (list.first != nullptr) ::operator delete(take(list));
    }
    closed_ = true;
  }

  void* allocate(std::size_t bytes) {
    const std::size_t index = class_of(bytes);
    if (index >= class_count) return ::operator new(bytes);
    List& list = lists_[index];
    return list.first == nullptr ? ::operator new((index + 1) * class_bytes) : take(list);
  }

  void release(void* memory, std::size_t bytes) {
    const std::size_t index = class_of(bytes);
    if (index >= class_count || closed_ ||
        lists_[index].count * (index + 1) * class_bytes >= class_bytes_kept) {
      ::operator delete(memory);
      return;
    }
    List& list = lists_[index];
    list.first = new (memory) Block{list.first};
    ++list.count;
  }

 private:
  struct Block {
    Block* next;
  };
  struct List {
    Block* first = nullptr;
    std::size_t count = 0;
  };

  static void* take(List& list) {
    Block* block = list.first;
    list.first = block->next;
    --list.count;
    return block;
  }

  std::array<List, class_count> lists_{};
  bool closed_ = false;
};

#ifdef __SANITIZE_ADDRESS__
// Reuse would hide a dangling frame from the sanitizer.
void* allocate_block(std::size_t bytes) {
  return ::operator new(bytes);
}
void release_block(void* memory, std::size_t) {
  ::operator delete(memory);
}
#else
thread_local FreeBlocks free_blocks;

void* allocate_block(std::size_t bytes) {
  return free_blocks.allocate(bytes);
}
void release_block(void* memory, std::size_t bytes) {
  free_blocks.release(memory, bytes);
}
#endif

}  // namespace

FramePtr Frame::make(std::size_t size) {
  void* memory = allocate_block(sizeof(Frame) + size);
  return FramePtr::adopt(new (memory) Frame(size));
}

void Frame::destroy(Frame* frame) {
  const std::size_t bytes = sizeof(Frame) + frame->size_;
  frame->~Frame();
  release_block(frame, bytes);
}

}  // namespace meshmq::broker
