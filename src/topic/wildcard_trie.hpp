#pragma once
// Which wildcard filters may match a topic: a trie whose nodes are found by the hash of their path.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.hpp"
#include "topic/level_hash.hpp"
#include "topic/sharded_slots.hpp"

namespace meshmq::topic {

/// Names a filter inside its table; 0 is none.
using LeafId = std::uint32_t;

/// A node is a prefix of levels and is stored under one 64-bit key: key(prefix/level) = hash(level, seeded by
/// key(prefix)). So there are no child tables and no level texts: a step down is one probe.
///
///   filters a/+/c, a/#      nodes: (root) -> a [leaves: a/#] -> + -> c [leaves: a/+/c]
///
/// A filter hangs at the node of all its levels, one that ends in `#` at the node of the levels before.
/// Filters of one node (`a/+` and `a/+/#`, or any whose keys collide) form a chain that the owner of the
/// texts keeps; he also verifies every candidate by its text, so colliding keys cost time and never a wrong
/// match. Invariant: a node exists as long as `uses` filters pass through it or hang at it. Cost of walk():
/// visits a node at most once and only if the topic matches its prefix, so at most min(2^levels, nodes);
/// allocates nothing. Thread rule: one writer, or many readers while nobody writes. Limits: 2^29 filters per
/// node, 2^32 - 1 filters.
class WildcardTrie {
 public:
  /// `seed` keys the hash, so that nobody can choose topics that collide.
  explicit WildcardTrie(std::uint64_t seed) : root_key_(Nodes::to_key(hash_mix(seed, 0))) {}

  /// First leaf of the chain in which `filter` would be, or 0.
  LeafId head(std::string_view filter) const;
  /// Adds a filter that is not there yet. `leaf` becomes the head of its chain; returns the one before (to
  /// come next).
  LeafId add(std::string_view filter, LeafId leaf);
  /// Takes out a filter that is there; `head` is what the chain without it begins with.
  void remove(std::string_view filter, LeafId head);
  void clear() { nodes_.clear(); }

  /// Calls `chain(head)` for every chain with filters that may match the topic.
  template <class Chain>
  void walk(std::string_view topic, Chain&& chain) const {
    const Node* root = nodes_.find(root_key_);
    if (root != nullptr) walk_from(topic, Place{root, 0}, chain);
  }

  std::size_t node_count() const { return nodes_.size(); }
  std::size_t memory_bytes() const { return nodes_.memory_bytes(); }

 private:
  struct NodeState {
    LeafId leaf = 0;
    std::uint32_t uses : 29 = 0;
    // These three may be true without need after removals: they only save probes.
    std::uint32_t has_hash : 1 = 0;     ///< a filter that ends in `#` hangs here
    std::uint32_t has_plus : 1 = 0;     ///< there is a child `+`
    std::uint32_t has_literal : 1 = 0;  ///< there is another child
  };
  using Nodes = ShardedSlots<NodeState>;
  using Node = Nodes::Slot;

  /// A node whose prefix matches the topic's first levels, and where the next level starts in the topic:
  /// behind its end if there is none.
  struct Place {
    const Node* node;
    std::size_t at;
  };

  static std::uint64_t child_key(std::uint64_t parent, std::string_view level) {
    return Nodes::to_key(hash_level(level, 0, parent).hash);
  }
  /// Key of the node at which `filter` hangs.
  std::uint64_t leaf_key(std::string_view filter) const;
  NodeState& use(std::uint64_t key);
  bool drop(std::uint64_t key);

  /// Depth first. `pending` has room for the forks of all filters that mqtt.max_topic_levels lets in; should
  /// a filter have more, the rest is done by another call of its own, one per `forks_max` levels.
  template <class Chain>
  void walk_from(std::string_view topic, Place place, Chain& chain) const {
    Place pending[forks_max];
    std::size_t pending_count = 0;
    for (;;) {
      const Node* node = place.node;
      const bool at_end = place.at > topic.size();
      // [MQTT-4.7.2-1] A wildcard at the front does not match $-topics.
      const bool wild = place.at != 0 || topic[0] != '$';
      if (node->payload.leaf != 0 && wild && (at_end || node->payload.has_hash)) chain(node->payload.leaf);
      const Node* literal = nullptr;
      const Node* plus = nullptr;
      std::size_t next = place.at;
      if (!at_end) {
        const LevelHash level = hash_level(topic, place.at, node->key);
        next = level.end + 1;
        find_children(*node, level.hash, wild, literal, plus);
      }
      if (literal != nullptr && plus != nullptr) {
        if (pending_count == forks_max) {
          walk_from(topic, Place{plus, next}, chain);
        } else {
          pending[pending_count++] = Place{plus, next};
        }
      }
      if (literal != nullptr || plus != nullptr) {
        place = Place{literal != nullptr ? literal : plus, next};
      } else if (pending_count != 0) {
        place = pending[--pending_count];
      } else {
        return;
      }
    }
  }

  void find_children(const Node& node, std::uint64_t level_hash, bool wild, const Node*& literal,
                     const Node*& plus) const {
    const std::uint64_t plus_key = child_key(node.key, "+");
    const bool look_for_plus = wild && node.payload.has_plus;
    if (look_for_plus) nodes_.prefetch(plus_key);
    if (node.payload.has_literal) literal = nodes_.find(Nodes::to_key(level_hash));
    if (look_for_plus) plus = nodes_.find(plus_key);
  }

  static constexpr std::size_t forks_max = 128;

  std::uint64_t root_key_;
  Nodes nodes_;
};

}  // namespace meshmq::topic
