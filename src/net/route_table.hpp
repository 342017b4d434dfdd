#pragma once
// The node's route table, written by the control thread and read by every worker without a lock
// ("left-right").

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/route_table.hpp"
#include "cluster/routes.hpp"

namespace meshmq::net {

class SharedRouteTable;

/// One worker's eye on the table. Between enter() and leave() the copy that it looks at is not written to;
/// the owner announces itself once per batch of events, not per message, and must never block in between:
/// commit() waits for it. match() outside of a batch announces itself for that one call. Thread rule: one
/// worker each.
class alignas(128) SharedRouteReader final : public cluster::RouteReader {
 public:
  explicit SharedRouteReader(const SharedRouteTable& table) : table_(table) {}
  SharedRouteReader(const SharedRouteReader&) = delete;
  SharedRouteReader& operator=(const SharedRouteReader&) = delete;

  void enter() const;
  void leave() const;
  /// Within a long batch: a commit() waits for this reader. One load.
  bool awaited() const;
  /// Lets it pass; what was matched until now must have been handed on.
  void refresh() const;

  void match(std::string_view topic, cluster::RouteMatch& out) const override;
  bool match_group(std::string_view group, cluster::RouteMatch& out) const override;

 private:
  friend class SharedRouteTable;

  /// Within the batch, or within one of its own.
  template <class Read>
  void read(Read&& read) const;

  const SharedRouteTable& table_;
  mutable const cluster::RouteTable* copy_ = nullptr;  ///< what this batch reads; nullptr outside of a batch
  mutable std::atomic<std::uint64_t> announced_{0};  ///< epoch in which the batch began; 0 outside of a batch
};

/// Two copies of one table. Changes go to the copy that nobody reads and to a list; commit() shows that copy
/// to the readers, waits until the last batch on the other one has ended, and repeats the list there. Thread
/// rule: all of RouteWriter belongs to the control thread; each reader to its worker. Memory: twice the
/// routes.
class SharedRouteTable final : public cluster::RouteWriter {
 public:
  /// Readers are numbered from 0 and live as long as the table.
  /// `seed`: as for cluster::RouteTable.
  explicit SharedRouteTable(std::size_t readers, std::uint64_t seed = 0);
  ~SharedRouteTable() override;

  const SharedRouteReader& reader(std::size_t index) const { return *readers_[index]; }
  std::size_t readers() const { return readers_.size(); }

  bool add(std::string_view filter, cluster::Slot slot) override;
  bool remove(std::string_view filter, cluster::Slot slot) override;
  void for_each(const std::function<void(std::string_view, const cluster::SlotSet&)>& visit) const override;
  cluster::SlotSet slots_of(std::string_view filter) const override;
  bool set_group(std::string_view group, const cluster::GroupSlot& slot) override;
  topic::GroupWeight group_weight(std::string_view group, cluster::Slot slot) const override;
  void for_each_group(
      const std::function<void(std::string_view, const cluster::GroupSlot&)>& visit) const override;
  void set_live(cluster::Slot slot, bool live) override;
  /// Waits for batches that are under way, at most as long as the longest one takes.
  void commit() override;

 private:
  friend class SharedRouteReader;

  enum class Kind : std::uint8_t { add, remove, group, live, not_live };
  /// A change that the other copy has yet to see; its filter lies in filters_.
  struct Change {
    Kind kind;
    std::uint32_t filter_size;
    cluster::GroupSlot slot;  ///< weight and rank for groups only
  };

  cluster::RouteTable& unread() { return copies_[1 - published_]; }
  const cluster::RouteTable& unread() const { return copies_[1 - published_]; }
  void record(Kind kind, std::string_view filter, const cluster::GroupSlot& slot);
  void wait_for_readers(std::uint64_t epoch) const;
  void repeat_changes();

  std::array<cluster::RouteTable, 2> copies_;
  std::vector<std::unique_ptr<SharedRouteReader>> readers_;
  std::size_t published_ = 0;  ///< index of the copy that readers see
  std::vector<Change> changes_;
  std::string filters_;

  alignas(128) std::atomic<const cluster::RouteTable*> current_;
  std::atomic<std::uint64_t> epoch_{1};
};

}  // namespace meshmq::net
