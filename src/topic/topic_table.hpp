#pragma once
// Topics and filters -> values: the one table behind subscriptions and routes.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/hash.hpp"
#include "topic/filter.hpp"
#include "topic/sharded_slots.hpp"
#include "topic/table_entry.hpp"
#include "topic/wildcard_trie.hpp"

namespace meshmq::topic {

/// Maps valid filters (is_valid_filter) to values and finds all that match a topic: exact ones by one probe
/// of a hash table, wildcards by a trie. Every filter is stored once, with its value, in one block; a Value
/// stays where it is until its filter is erased. Visitors must not insert or erase. match() does not allocate
/// and visits each matching filter exactly once, in no promised order (though the same for the same history
/// and seed). Erasing everything gives all memory back; the object itself is 8 KB, made for one per worker or
/// node and not for one per session. Growth is spread: no insert takes longer than 1 ms at a million filters.
/// Thread rule: one writer, or many readers while nobody writes. Limit: 2^32 - 1 wildcard filters.
template <class Value>
class TopicTable {
 public:
  /// `seed` keys the hashes; where outsiders choose the filters it should be a secret of the process.
  explicit TopicTable(std::uint64_t seed = 0) : seed_(seed), trie_(seed) {}
  ~TopicTable() { clear(); }
  TopicTable(const TopicTable&) = delete;
  TopicTable& operator=(const TopicTable&) = delete;

  /// The value of exactly this filter; nullptr if it is not in the table.
  Value* find(std::string_view filter) {
    Entry* entry = find_entry(filter);
    return entry == nullptr ? nullptr : &entry->value;
  }
  const Value* find(std::string_view filter) const { return const_cast<TopicTable*>(this)->find(filter); }

  /// The value of this filter, made by Value() if it was not there; second: whether it was made now.
  std::pair<Value&, bool> insert(std::string_view filter) {
    if (Entry* entry = find_entry(filter)) return {entry->value, false};
    Entry* entry = Entry::make(filter);
    if (has_wildcard(filter)) {
      const LeafId leaf = leaves_.add(entry);
      entry->next = trie_.add(filter, leaf);
    } else {
      exact_.insert(exact_key(filter)).payload = entry;
    }
    text_bytes_ += entry->bytes();
    return {entry->value, true};
  }

  /// The filter of a value that is in the table; lives as long as the value.
  static std::string_view filter_of(const Value& value) {
    static_assert(std::is_standard_layout_v<Entry>, "the value must be the first thing in its entry");
    return reinterpret_cast<const Entry*>(&value)->filter();
  }

  /// Whether it was there.
  bool erase(std::string_view filter) {
    return has_wildcard(filter) ? erase_wildcard(filter) : erase_exact(filter);
  }

  void clear() {
    exact_.for_each([](Entry* entry) { Entry::destroy(entry); });
    leaves_.for_each([](Entry* entry) { Entry::destroy(entry); });
    exact_.clear();
    leaves_.clear();
    trie_.clear();
    text_bytes_ = 0;
  }

  /// visit(const Value&) for every filter that matches the topic name (is_valid_name).
  template <class Visit>
  void match(std::string_view topic, Visit&& visit) const {
    match_entries(topic, [&](const Entry& entry) { visit(entry.value); });
  }
  template <class Visit>
  void match(std::string_view topic, Visit&& visit) {
    match_entries(topic, [&](Entry& entry) { visit(entry.value); });
  }

  /// visit(std::string_view filter, Value&) for every filter, exact ones first.
  template <class Visit>
  void for_each(Visit&& visit) {
    exact_.for_each([&](Entry* entry) { visit(entry->filter(), entry->value); });
    for_each_wildcard(visit);
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    exact_.for_each([&](const Entry* entry) { visit(entry->filter(), entry->value); });
    for_each_wildcard(visit);
  }
  template <class Visit>
  void for_each_wildcard(Visit&& visit) {
    leaves_.for_each([&](Entry* entry) { visit(entry->filter(), entry->value); });
  }
  template <class Visit>
  void for_each_wildcard(Visit&& visit) const {
    leaves_.for_each([&](const Entry* entry) { visit(entry->filter(), entry->value); });
  }

  /// Filters, exact and wildcard.
  std::size_t size() const { return exact_.size() + leaves_.size(); }
  std::size_t wildcard_count() const { return leaves_.size(); }
  bool empty() const { return size() == 0; }
  /// Bytes on the heap, without what values own and without the allocator's own overhead.
  std::size_t memory_bytes() const {
    return exact_.memory_bytes() + trie_.memory_bytes() + leaves_.memory_bytes() + text_bytes_;
  }

 private:
  using Entry = TableEntry<Value>;
  using Exact = ShardedSlots<Entry*>;

  std::uint64_t exact_key(std::string_view topic) const { return Exact::to_key(hash_bytes(topic, seed_)); }

  typename Exact::Slot* find_exact(std::string_view filter) {
    return exact_.find(exact_key(filter), [&](const Entry* entry) { return entry->filter() == filter; });
  }

  Entry* find_entry(std::string_view filter) {
    if (!has_wildcard(filter)) {
      const auto* slot = find_exact(filter);
      return slot == nullptr ? nullptr : slot->payload;
    }
    for (LeafId leaf = trie_.head(filter); leaf != 0;) {
      Entry* entry = leaves_[leaf];
      if (entry->filter() == filter) return entry;
      leaf = entry->next;
    }
    return nullptr;
  }

  bool erase_exact(std::string_view filter) {
    auto* slot = find_exact(filter);
    if (slot == nullptr) return false;
    Entry* entry = slot->payload;
    exact_.erase(*slot);
    destroy(entry);
    return true;
  }

  bool erase_wildcard(std::string_view filter) {
    LeafId head = trie_.head(filter);
    for (LeafId* link = &head; *link != 0;) {
      const LeafId leaf = *link;
      Entry* entry = leaves_[leaf];
      if (entry->filter() != filter) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      trie_.remove(entry->filter(), head);
      leaves_.remove(leaf);
      destroy(entry);
      return true;
    }
    return false;
  }

  void destroy(Entry* entry) {
    text_bytes_ -= entry->bytes();
    Entry::destroy(entry);
  }

  template <class Visit>
  void match_entries(std::string_view topic, Visit&& visit) const {
    if (topic.empty()) return;
    if (exact_.size() != 0) {
      const auto* slot =
          exact_.find(exact_key(topic), [&](const Entry* entry) { return entry->filter() == topic; });
      if (slot != nullptr) visit(*slot->payload);
    }
    if (leaves_.size() == 0) return;
    trie_.walk(topic, [&](LeafId leaf) {
      while (leaf != 0) {
        Entry* entry = leaves_[leaf];
        if (matches(entry->filter(), topic)) visit(*entry);
        leaf = entry->next;
      }
    });
  }

  std::uint64_t seed_;
  Exact exact_;
  LeafTable<Entry> leaves_;
  WildcardTrie trie_;
  std::size_t text_bytes_ = 0;
};

}  // namespace meshmq::topic
