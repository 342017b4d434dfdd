#pragma once
// A first-in-first-out queue in one block of memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::broker {

/// Doubles when it is full; takes no memory before the first element and gives all back by reset(). An
/// element that was popped is destroyed at once. Owned by one channel or session.
template <class T>
class Ring {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Counted from the front.
  T& operator[](std::size_t i) { return slots_[(head_ + i) & mask()]; }
  const T& operator[](std::size_t i) const { return slots_[(head_ + i) & mask()]; }
  T& front() { return slots_[head_]; }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    slots_[(head_ + size_) & mask()] = std::move(value);
    ++size_;
  }
  T pop_front() {
    MESHMQ_ASSERT(size_ != 0, "pop from an empty ring");
    T value = std::exchange(slots_[head_], T{});
    head_ = (head_ + 1) & mask();
    --size_;
    return value;
  }
  void reset() { *this = Ring(); }
  /// From the front.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit((*this)[i]);
  }

 private:
  static constexpr std::uint32_t capacity_first = 8;

  std::uint32_t mask() const { return capacity_ - 1; }

  void grow() {
    const std::uint32_t capacity = capacity_ == 0 ? capacity_first : capacity_ * 2;
    auto slots = std::make_unique<T[]>(capacity);
    for (std::uint32_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    head_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  std::uint32_t capacity_ = 0;  ///< a power of two, or 0
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace meshmq::broker
