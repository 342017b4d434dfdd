#include "topic/wildcard_trie.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::topic {
namespace {

/// Levels of a filter one by one; a `#` at the end is not among them.
class Levels {
 public:
  explicit Levels(std::string_view filter) : filter_(filter) {}

  bool next(std::string_view& level) {
    if (at_ > filter_.size()) return false;
    const std::size_t end = std::min(filter_.find('/', at_), filter_.size());
    level = filter_.substr(at_, end - at_);
    at_ = end + 1;
    return level != "#";
  }

 private:
  std::string_view filter_;
  std::size_t at_ = 0;
};

}  // namespace

std::uint64_t WildcardTrie::leaf_key(std::string_view filter) const {
  std::uint64_t key = root_key_;
  std::string_view level;
  for (Levels levels(filter); levels.next(level);) key = child_key(key, level);
  return key;
}

LeafId WildcardTrie::head(std::string_view filter) const {
  const Node* node = nodes_.find(leaf_key(filter));
  return node == nullptr ? 0 : node->payload.leaf;
}

LeafId WildcardTrie::add(std::string_view filter, LeafId leaf) {
  std::uint64_t key = root_key_;
  std::string_view level;
  for (Levels levels(filter); levels.next(level);) {
    NodeState& parent = use(key);
    if (level == "+") {
      parent.has_plus = 1;
    } else {
      parent.has_literal = 1;
    }
    key = child_key(key, level);
  }
  NodeState& state = use(key);
  if (level == "#") state.has_hash = 1;
  return std::exchange(state.leaf, leaf);
}

void WildcardTrie::remove(std::string_view filter, LeafId head) {
  nodes_.find(leaf_key(filter))->payload.leaf = head;
  std::uint64_t key = root_key_;
  drop(key);
  std::string_view level;
  for (Levels levels(filter); levels.next(level);) {
    const std::uint64_t parent = key;
    key = child_key(key, level);
    const bool gone = drop(key);
    Node* node = gone && level == "+" ? nodes_.find(parent) : nullptr;
    if (node != nullptr) node->payload.has_plus = 0;
  }
}

WildcardTrie::NodeState& WildcardTrie::use(std::uint64_t key) {
  Node* node = nodes_.find(key);
  NodeState& state = node != nullptr ? node->payload : nodes_.insert(key).payload;
  MESHMQ_ASSERT(state.uses < (1U << 29) - 1, "too many filters share a prefix");
  ++state.uses;
  return state;
}

bool WildcardTrie::drop(std::uint64_t key) {
  Node* node = nodes_.find(key);
  MESHMQ_ASSERT(node != nullptr, "the prefix of a filter has no node");
  if (--node->payload.uses != 0) return false;
  nodes_.erase(*node);
  return true;
}

}  // namespace meshmq::topic
