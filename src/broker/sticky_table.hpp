#pragma once
// What was chosen for whom, so that it is chosen again.

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace meshmq::broker {

/// Remembers choices by a hash; two that share one share their choice. Limit: `entries_max`, then it begins
/// anew, which costs each publisher at most one change of its member. Thread rule: one owner.
class StickyTable {
 public:
  static constexpr std::size_t entries_max = 65536;

  /// nullptr: nothing has been chosen yet.
  const std::uint32_t* find(std::uint64_t key) const {
    const auto it = choices_.find(key);
    return it == choices_.end() ? nullptr : &it->second;
  }
  void set(std::uint64_t key, std::uint32_t choice) {
    if (choices_.size() >= entries_max) choices_.clear();
    choices_[key] = choice;
  }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> choices_;
};

}  // namespace meshmq::broker
