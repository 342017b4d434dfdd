#include "cluster/owned_tables.hpp"

#include <map>
#include <optional>
#include <utility>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

namespace {

/// A group without members is no row.
std::uint64_t group_digest(std::string_view group, topic::GroupWeight weight) {
  if (weight.total == 0) return 0;
  return hash_mix(hash_bytes(group), std::uint64_t{weight.online} << 32 | weight.total);
}

std::optional<topic::GroupWeight> weight_of(std::string_view value) {
  ByteReader r(value);
  const std::uint64_t online = r.varint();
  const std::uint64_t total = r.varint();
  if (!r.ok() || total == 0 || total > UINT32_MAX || online > total) return std::nullopt;
  return topic::GroupWeight{static_cast<std::uint32_t>(online), static_cast<std::uint32_t>(total)};
}

}  // namespace

// ---------------------------------------------------------------- routes

RowChange RouteRows::change(std::string_view filter, bool add) {
  return {.rows = add ? 1 : -1, .digest = hash_bytes(filter), .routes = true};
}

RowChange RouteRows::apply(RowOwner owner, bool add, std::string_view key, std::string_view) {
  const bool changed = add ? routes_.add(key, owner.slot) : routes_.remove(key, owner.slot);
  return changed ? change(key, add) : RowChange{};
}

void RouteRows::for_each(Slot owner, const Visit& visit) const {
  const std::uint32_t end = owner == own_slot ? own_slots_ : owner.value + 1;
  routes_.for_each([&](std::string_view filter, const SlotSet& slots) {
    bool has = false;
    for (std::uint32_t slot = owner.value; slot < end && !has; ++slot) has = slots.contains(Slot(slot));
    if (has) visit(filter, {}, hash_bytes(filter));
  });
}

void RouteRows::for_each_owner(const std::function<void(Slot, std::uint64_t)>& visit) const {
  routes_.for_each([&](std::string_view filter, const SlotSet& slots) {
    const std::uint64_t digest = hash_bytes(filter);
    bool own = false;
    slots.for_each([&](Slot slot) {
      if (slot.value >= own_slots_) return visit(slot, digest);
      if (!std::exchange(own, true)) visit(own_slot, digest);
    });
  });
}

// ---------------------------------------------------------------- shared groups

std::string GroupRows::value_of(topic::GroupWeight weight) {
  std::string value;
  if (weight.total == 0) return value;
  ByteWriter w(value);
  w.varint(weight.online);
  w.varint(weight.total);
  return value;
}

RowChange GroupRows::change(std::string_view group, topic::GroupWeight before, topic::GroupWeight now) {
  return {.rows = (now.total != 0 ? 1 : 0) - (before.total != 0 ? 1 : 0),
          .digest = group_digest(group, before) ^ group_digest(group, now),
          .routes = true};
}

RowChange GroupRows::apply(RowOwner owner, bool add, std::string_view key, std::string_view value) {
  const auto weight = add ? weight_of(value) : topic::GroupWeight();
  if (!weight) return {};
  const topic::GroupWeight before = routes_.group_weight(key, owner.slot);
  if (!routes_.set_group(key, {owner.slot, *weight, hash_bytes(owner.node)})) return {};
  return change(key, before, *weight);
}

void GroupRows::for_each(Slot owner, const Visit& visit) const {
  std::map<std::string, topic::GroupWeight, std::less<>> groups;
  routes_.for_each_group([&](std::string_view group, const GroupSlot& member) {
    if (member.slot != owner && !(owner == own_slot && member.slot.value < own_slots_)) return;
    const auto it = groups.try_emplace(std::string(group)).first;
    it->second.online += member.weight.online;
    it->second.total += member.weight.total;
  });
  for (const auto& [group, weight] : groups) visit(group, value_of(weight), group_digest(group, weight));
}

void GroupRows::for_each_owner(const std::function<void(Slot, std::uint64_t)>& visit) const {
  std::map<std::string, topic::GroupWeight, std::less<>> own;
  routes_.for_each_group([&](std::string_view group, const GroupSlot& member) {
    if (member.slot.value >= own_slots_) return visit(member.slot, group_digest(group, member.weight));
    topic::GroupWeight& sum = own.try_emplace(std::string(group)).first->second;
    sum.online += member.weight.online;
    sum.total += member.weight.total;
  });
  for (const auto& [group, weight] : own) visit(own_slot, group_digest(group, weight));
}

// ---------------------------------------------------------------- sessions

std::string SessionRows::key_of(ClientKey key) {
  std::string bytes;
  ByteWriter(bytes).u64(key);
  return bytes;
}

std::string SessionRows::value_of(const ClientRow& row) {
  std::string bytes;
  ByteWriter w(bytes);
  wire::write(w, row.stamp);
  w.u64(row.void_before);
  return bytes;
}

RowChange SessionRows::set(Slot owner, ClientKey key, const ClientRow& row) {
  const auto earlier = clients_.set(key, owner, row);
  RowChange change{.rows = 1, .digest = client_row_digest(key, row)};
  if (earlier) change = {.rows = 0, .digest = change.digest ^ client_row_digest(key, *earlier)};
  return change;
}

RowChange SessionRows::erase(Slot owner, ClientKey key) {
  const auto earlier = clients_.erase(key, owner);
  return earlier ? RowChange{.rows = -1, .digest = client_row_digest(key, *earlier)} : RowChange{};
}

RowChange SessionRows::apply(RowOwner owner, bool add, std::string_view key, std::string_view value) {
  ByteReader key_bytes(key);
  ByteReader r(value);
  const ClientKey client = key_bytes.u64();
  if (!key_bytes.ok()) return {};
  if (!add) return erase(owner.slot, client);
  ClientRow row{.stamp = wire::read_row_stamp(r)};
  row.void_before = r.u64();
  return r.ok() ? set(owner.slot, client, row) : RowChange{};
}

void SessionRows::for_each_owner(const std::function<void(Slot, std::uint64_t)>& visit) const {
  clients_.for_each_row(
      [&](ClientKey key, Slot slot, const ClientRow& row) { visit(slot, client_row_digest(key, row)); });
}

void SessionRows::for_each(Slot owner, const Visit& visit) const {
  clients_.for_each(owner, [&](ClientKey key, const ClientRow& row) {
    visit(key_of(key), value_of(row), client_row_digest(key, row));
  });
}

}  // namespace meshmq::cluster
