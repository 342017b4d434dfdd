#pragma once
// Where the topic table keeps filters: one block per filter, and short names for those of the trie.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "base/assert.hpp"

namespace meshmq::topic {

/// One allocation: value, then the filter's text. Owned by a table.
template <class Value>
struct TableEntry {
  Value value{};
  std::uint32_t next = 0;  ///< next leaf at the same node of the trie
  std::uint32_t text_size;

  static TableEntry* make(std::string_view filter) {
    void* memory = ::operator new(sizeof(TableEntry) + filter.size());
    auto* entry = new (memory) TableEntry(static_cast<std::uint32_t>(filter.size()));
    std::memcpy(entry->text(), filter.data(), filter.size());
    return entry;
  }
  static void destroy(TableEntry* entry) {
    entry->~TableEntry();
    ::operator delete(entry);
  }

  std::string_view filter() const { return {reinterpret_cast<const char*>(this + 1), text_size}; }
  std::size_t bytes() const { return sizeof(TableEntry) + text_size; }

  TableEntry(const TableEntry&) = delete;
  TableEntry& operator=(const TableEntry&) = delete;

 private:
  static_assert(alignof(Value) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  explicit TableEntry(std::uint32_t size) : text_size(size) {}
  ~TableEntry() = default;
  char* text() { return reinterpret_cast<char*>(this + 1); }
};

/// Numbers from 1 for entries; free numbers are reused. Grows by chunks, so nothing ever moves.
template <class Entry>
class LeafTable {
 public:
  Entry* operator[](std::uint32_t leaf) const { return reinterpret_cast<Entry*>(cell(leaf)); }

  std::uint32_t add(Entry* entry) {
    if (first_free_ == 0) grow();
    const std::uint32_t leaf = first_free_;
    first_free_ = static_cast<std::uint32_t>(cell(leaf) >> 1);
    cell(leaf) = reinterpret_cast<Cell>(entry);
    ++size_;
    return leaf;
  }

  void remove(std::uint32_t leaf) {
    cell(leaf) = free_cell(first_free_);
    first_free_ = leaf;
    if (--size_ == 0) clear();
  }

  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& chunk : chunks_) {
      for (std::size_t i = 0; i < chunk_size; ++i) {
        if ((chunk[i] & 1) == 0) visit(reinterpret_cast<Entry*>(chunk[i]));
      }
    }
  }

  void clear() {
    chunks_ = std::vector<std::unique_ptr<Cell[]>>();
    first_free_ = 0;
    size_ = 0;
  }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return chunks_.size() * chunk_size * sizeof(Cell); }

 private:
  /// An entry's address, or, with the lowest bit set, the number of the next free cell.
  using Cell = std::uintptr_t;
  static constexpr std::size_t chunk_size = 256;

  static Cell free_cell(std::uint32_t next) { return Cell{next} << 1 | 1; }
  Cell& cell(std::uint32_t leaf) const { return chunks_[(leaf - 1) / chunk_size][(leaf - 1) % chunk_size]; }

  void grow() {
    const std::size_t used = chunks_.size() * chunk_size;
    MESHMQ_ASSERT(used + chunk_size < UINT32_MAX, "too many wildcard filters");
    chunks_.push_back(std::make_unique<Cell[]>(chunk_size));
    for (std::size_t i = chunk_size; i > 0; --i) {
      const auto leaf = static_cast<std::uint32_t>(used + i);
      cell(leaf) = free_cell(first_free_);
      first_free_ = leaf;
    }
  }

  std::vector<std::unique_ptr<Cell[]>> chunks_;
  std::uint32_t first_free_ = 0;
  std::size_t size_ = 0;
};

}  // namespace meshmq::topic
