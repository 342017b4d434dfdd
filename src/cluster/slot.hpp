#pragma once
// Destinations of a message inside a node's route table.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/strong_id.hpp"

namespace meshmq::cluster {

/// A destination: slots [0, workers) are this node's workers, higher ones other nodes, in the order they were
/// first met. A slot is never given to another node while the process lives.
using Slot = StrongId<struct SlotTag, std::uint32_t>;

/// A set of slots; grows as needed and is meant to be reused (clear() keeps the memory).
class SlotSet {
 public:
  void clear() { words_.assign(words_.size(), 0); }
  void insert(Slot slot) {
    const std::size_t word = slot.value / 64;
    if (word >= words_.size()) words_.resize(word + 1, 0);
    words_[word] |= bit(slot);
  }
  void erase(Slot slot) {
    const std::size_t word = slot.value / 64;
    if (word < words_.size()) words_[word] &= ~bit(slot);
  }
  bool contains(Slot slot) const {
    const std::size_t word = slot.value / 64;
    return word < words_.size() && (words_[word] & bit(slot)) != 0;
  }
  bool empty() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  void unite(const SlotSet& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size(), 0);
    for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  /// Keeps only what `mask` holds too.
  void intersect(const SlotSet& mask) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= i < mask.words_.size() ? mask.words_[i] : 0;
  }
  /// Calls visit(Slot) in ascending order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(Slot(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(__builtin_ctzll(word)))));
      }
    }
  }
  /// Equal sets are equal whatever their spare words.
  friend bool operator==(const SlotSet& a, const SlotSet& b) {
    const std::size_t words = a.words_.size() > b.words_.size() ? a.words_.size() : b.words_.size();
    for (std::size_t i = 0; i < words; ++i) {
      const std::uint64_t x = i < a.words_.size() ? a.words_[i] : 0;
      const std::uint64_t y = i < b.words_.size() ? b.words_[i] : 0;
      if (x != y) return false;
    }
    return true;
  }
  const std::vector<std::uint64_t>& words() const { return words_; }

 private:
  static std::uint64_t bit(Slot slot) { return std::uint64_t{1} << (slot.value % 64); }

  std::vector<std::uint64_t> words_;
};

}  // namespace meshmq::cluster
