#pragma once
// The route table itself: topics and filters -> slots, single-threaded. The shell keeps two of them for its
// readers.

#include "cluster/routes.hpp"
#include "cluster/slot_set_pool.hpp"
#include "topic/topic_table.hpp"

namespace meshmq::cluster {

/// Pure. Thread rule: one owner, or many readers while nobody writes. commit() does nothing: every change is
/// seen at once. Hot path: match() takes no lock and allocates only while `out` grows to the number of slots.
class RouteTable final : public RouteReader, public RouteWriter {
 public:
  void match(std::string_view topic, SlotSet& out) const override;

  bool add(std::string_view filter, Slot slot) override;
  bool remove(std::string_view filter, Slot slot) override;
  void for_each(const std::function<void(std::string_view, const SlotSet&)>& visit) const override;
  SlotSet slots_of(std::string_view filter) const override;
  void set_live(Slot slot, bool live) override;
  void commit() override {}

  /// Distinct filters.
  std::size_t size() const { return filters_.size(); }

 private:
  topic::TopicTable<SlotSetId> filters_;
  SlotSetPool sets_;
  SlotSet live_;
};

}  // namespace meshmq::cluster
