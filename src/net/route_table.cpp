#include "net/route_table.hpp"

#include <chrono>
#include <thread>

namespace meshmq::net {
namespace {

/// Tells the core that it spins.
void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// ---------------------------------------------------------------- reader

// Store, then load, and the writer the other way round, all in the one order of seq_cst: either the writer
// sees this batch announced, or the batch sees the copy that the writer has just published.
void SharedRouteReader::enter() const {
  announced_.store(table_.epoch_.load());
  copy_ = table_.current_.load();
}

void SharedRouteReader::leave() const {
  copy_ = nullptr;
  announced_.store(0, std::memory_order_release);
}

bool SharedRouteReader::awaited() const {
  return table_.epoch_.load(std::memory_order_relaxed) != announced_.load(std::memory_order_relaxed);
}

void SharedRouteReader::refresh() const {
  if (awaited()) enter();
}

template <class Read>
void SharedRouteReader::read(Read&& read) const {
  if (copy_ != nullptr) return read(*copy_);
  enter();
  read(*copy_);
  leave();
}

void SharedRouteReader::match(std::string_view topic, cluster::RouteMatch& out) const {
  read([&](const cluster::RouteTable& copy) { copy.match(topic, out); });
}

bool SharedRouteReader::match_group(std::string_view group, cluster::RouteMatch& out) const {
  bool known = false;
  read([&](const cluster::RouteTable& copy) { known = copy.match_group(group, out); });
  return known;
}

// ---------------------------------------------------------------- writer

SharedRouteTable::SharedRouteTable(std::size_t readers, std::uint64_t seed)
    : copies_{cluster::RouteTable(seed), cluster::RouteTable(seed)}, current_(&copies_[0]) {
  readers_.reserve(readers);
  for (std::size_t i = 0; i < readers; ++i) readers_.push_back(std::make_unique<SharedRouteReader>(*this));
}

SharedRouteTable::~SharedRouteTable() = default;

void SharedRouteTable::record(Kind kind, std::string_view filter, const cluster::GroupSlot& slot) {
  changes_.push_back({kind, static_cast<std::uint32_t>(filter.size()), slot});
  filters_.append(filter);
}

bool SharedRouteTable::add(std::string_view filter, cluster::Slot slot) {
  if (!unread().add(filter, slot)) return false;
  record(Kind::add, filter, {.slot = slot});
  return true;
}

bool SharedRouteTable::remove(std::string_view filter, cluster::Slot slot) {
  // Recorded first: `filter` may lie in the table that is about to drop it.
  record(Kind::remove, filter, {.slot = slot});
  if (unread().remove(filter, slot)) return true;
  filters_.resize(filters_.size() - changes_.back().filter_size);
  changes_.pop_back();
  return false;
}

void SharedRouteTable::for_each(
    const std::function<void(std::string_view, const cluster::SlotSet&)>& visit) const {
  unread().for_each(visit);
}

cluster::SlotSet SharedRouteTable::slots_of(std::string_view filter) const {
  return unread().slots_of(filter);
}

bool SharedRouteTable::set_group(std::string_view group, const cluster::GroupSlot& slot) {
  if (!unread().set_group(group, slot)) return false;
  record(Kind::group, group, slot);
  return true;
}

topic::GroupWeight SharedRouteTable::group_weight(std::string_view group, cluster::Slot slot) const {
  return unread().group_weight(group, slot);
}

void SharedRouteTable::for_each_group(
    const std::function<void(std::string_view, const cluster::GroupSlot&)>& visit) const {
  unread().for_each_group(visit);
}

void SharedRouteTable::set_live(cluster::Slot slot, bool live) {
  unread().set_live(slot, live);
  record(live ? Kind::live : Kind::not_live, {}, {.slot = slot});
}

void SharedRouteTable::commit() {
  if (changes_.empty()) return;
  published_ = 1 - published_;
  current_.store(&copies_[published_]);
  const std::uint64_t epoch = epoch_.load() + 1;
  epoch_.store(epoch);
  wait_for_readers(epoch);
  repeat_changes();
}

void SharedRouteTable::wait_for_readers(std::uint64_t epoch) const {
  // A batch takes microseconds as a rule. One that takes longer belongs to a worker that lost its core,
  // perhaps to us: then a nap helps more than a yield, which would put this thread behind every busy one.
  constexpr int spins_max = 1000;
  constexpr auto nap = std::chrono::microseconds(50);
  for (const auto& reader : readers_) {
    for (int tries = 0;; ++tries) {
      const std::uint64_t announced = reader->announced_.load();
      if (announced == 0 || announced >= epoch) break;
      if (tries < spins_max) {
        relax();
      } else {
        std::this_thread::sleep_for(nap);
      }
    }
  }
}

void SharedRouteTable::repeat_changes() {
  cluster::RouteTable& copy = unread();
  std::size_t at = 0;
  for (const Change& change : changes_) {
    const std::string_view filter = std::string_view(filters_).substr(at, change.filter_size);
    at += change.filter_size;
    switch (change.kind) {
      case Kind::add:
        copy.add(filter, change.slot.slot);
        break;
      case Kind::remove:
        copy.remove(filter, change.slot.slot);
        break;
      case Kind::group:
        copy.set_group(filter, change.slot);
        break;
      case Kind::live:
        copy.set_live(change.slot.slot, true);
        break;
      case Kind::not_live:
        copy.set_live(change.slot.slot, false);
        break;
    }
  }
  // A snapshot's worth of memory is given back, everyday's is kept.
  constexpr std::size_t kept_bytes_max = 256 * 1024;
  changes_.clear();
  filters_.clear();
  if (changes_.capacity() * sizeof(Change) > kept_bytes_max) changes_.shrink_to_fit();
  if (filters_.capacity() > kept_bytes_max) filters_.shrink_to_fit();
}

}  // namespace meshmq::net
