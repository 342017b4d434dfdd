#pragma once
// The tables of owned rows that the cluster itself has: routes, shared groups, sessions.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cluster/client_rows.hpp"
#include "cluster/owned_rows.hpp"
#include "cluster/routes.hpp"

namespace meshmq::cluster {

/// A filter that a node has subscribers of. Key: the filter; no value.
class RouteRows final : public OwnedRows {
 public:
  /// Slots below `own_slots` are this node's workers.
  RouteRows(RouteWriter& routes, std::uint32_t own_slots) : routes_(routes), own_slots_(own_slots) {}

  static RowChange change(std::string_view filter, bool add);
  RowChange apply(RowOwner owner, bool add, std::string_view key, std::string_view value) override;
  void for_each(Slot owner, const Visit& visit) const override;
  void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const override;

 private:
  RouteWriter& routes_;
  std::uint32_t own_slots_;
};

/// The members of a shared group on a node. Key: `$share/<group>/<filter>`; value: see value_of().
class GroupRows final : public OwnedRows {
 public:
  GroupRows(RouteWriter& routes, std::uint32_t own_slots) : routes_(routes), own_slots_(own_slots) {}

  /// Varint members online, varint members in all; empty without members.
  static std::string value_of(topic::GroupWeight weight);
  static RowChange change(std::string_view group, topic::GroupWeight before, topic::GroupWeight now);
  RowChange apply(RowOwner owner, bool add, std::string_view key, std::string_view value) override;
  void for_each(Slot owner, const Visit& visit) const override;
  void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const override;

 private:
  RouteWriter& routes_;
  std::uint32_t own_slots_;
};

/// A session that a node has. Key: u64 client key; value: its stamp, u64 void_before.
class SessionRows final : public OwnedRows {
 public:
  explicit SessionRows(ClientRows& clients) : clients_(clients) {}

  static std::string key_of(ClientKey key);
  static std::string value_of(const ClientRow& row);
  RowChange set(Slot owner, ClientKey key, const ClientRow& row);
  RowChange erase(Slot owner, ClientKey key);
  RowChange apply(RowOwner owner, bool add, std::string_view key, std::string_view value) override;
  void for_each(Slot owner, const Visit& visit) const override;
  void for_each_owner(const std::function<void(Slot owner, std::uint64_t digest)>& visit) const override;

 private:
  ClientRows& clients_;
};

}  // namespace meshmq::cluster
