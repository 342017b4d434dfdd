#pragma once
// The route table itself: topics and filters -> slots, single-threaded. The shell keeps two of them for its
// readers.

#include <cstdint>

#include "cluster/group_table.hpp"
#include "cluster/routes.hpp"
#include "cluster/slot_set_pool.hpp"
#include "topic/topic_table.hpp"

namespace meshmq::cluster {

/// Pure. Thread rule: one owner, or many readers while nobody writes. commit() does nothing: every change is
/// seen at once. Hot path: match() takes no lock and allocates only while `out` grows.
class RouteTable final : public RouteReader, public RouteWriter {
 public:
  /// `seed` keys the hashes: clients choose the filters. A secret of the process, outside of tests.
  explicit RouteTable(std::uint64_t seed = 0) : filters_(seed) {}

  void match(std::string_view topic, RouteMatch& out) const override;
  bool match_group(std::string_view group, RouteMatch& out) const override;

  bool add(std::string_view filter, Slot slot) override;
  bool remove(std::string_view filter, Slot slot) override;
  void for_each(const std::function<void(std::string_view, const SlotSet&)>& visit) const override;
  SlotSet slots_of(std::string_view filter) const override;
  bool set_group(std::string_view group, const GroupSlot& slot) override;
  topic::GroupWeight group_weight(std::string_view group, Slot slot) const override;
  void for_each_group(
      const std::function<void(std::string_view group, const GroupSlot& slot)>& visit) const override;
  void set_live(Slot slot, bool live) override;
  void commit() override {}

  /// Distinct filters.
  std::size_t size() const { return filters_.size(); }

 private:
  struct Row {
    SlotSetId slots = 0;
    GroupListId groups = 0;
    bool empty() const { return slots == 0 && groups == 0; }
  };

  topic::TopicTable<Row> filters_;
  SlotSetPool sets_;
  GroupTable groups_;
  SlotSet live_;
  SlotSet away_;  ///< were live
  bool some_away_ = false;
};

}  // namespace meshmq::cluster
