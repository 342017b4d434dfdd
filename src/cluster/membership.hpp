#pragma once
// Who belongs to the cluster, as one node knows it, and what survives its restarts.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "cluster/hlc.hpp"

namespace meshmq::cluster {

/// Drawn at random by the node that founds a cluster; a lone node is a cluster of its own.
using ClusterId = StrongId<struct ClusterIdTag, std::uint64_t>;

/// One node's standing. A removed node stays as a tombstone, so that its return is recognised.
struct MemberRecord {
  bool member = false;
  Stamp stamp;

  friend bool operator==(const MemberRecord&, const MemberRecord&) = default;
};
using MemberRecords = std::map<std::string, MemberRecord>;

/// Records merge row by row, the later stamp wins: nodes that exchange them in any order end up equal.
/// Thread rule: one owner. Limit: remembers the last `left_max` clusters that it left.
class Membership {
 public:
  static constexpr std::size_t left_max = 16;

  Membership(std::string self, ClusterId id) : self_(std::move(self)), id_(id) {
    records_[self_] = {.member = true, .stamp = {}};
  }

  ClusterId id() const { return id_; }
  const std::string& self() const { return self_; }
  const MemberRecords& records() const { return records_; }
  bool is_member(std::string_view node) const;
  /// There is no other member.
  bool alone() const;
  /// All members but this node, sorted.
  std::vector<std::string> others() const;

  /// Sets one row; the stamp must be later than the row's.
  void set(const std::string& node, bool member, Stamp stamp);
  /// Returns true if anything changed.
  bool merge(const MemberRecords& records);

  /// This node became part of another cluster.
  void adopt(ClusterId id, const MemberRecords& records);
  /// This node left (or was removed at) `when`: it founds a new cluster of its own and remembers the old one.
  /// `sent_away`: an operator wanted it so.
  void stand_alone(ClusterId fresh, Stamp when, bool sent_away);
  /// When this node left `id`, or nullptr if it does not remember having been there.
  const Stamp* left(ClusterId id) const;

  /// An operator removed this node from `id`, and has not brought it back.
  bool removed_from(ClusterId id) const { return removed_from_.contains(id); }
  /// An operator has sent this node away and has not asked anybody to join it since: automatic discovery
  /// passes it by.
  bool stays_out() const { return stays_out_; }
  void set_stays_out(bool stays_out) { stays_out_ = stays_out; }

  /// Durable form. Restoring an image that belongs to another node name, or is damaged, fails.
  std::string image() const;
  static Result<Membership> restore(std::string_view image, const std::string& self);

  friend bool operator==(const Membership&, const Membership&) = default;

 private:
  std::string self_;
  ClusterId id_;
  MemberRecords records_;
  std::map<ClusterId, Stamp> left_;
  std::set<ClusterId> removed_from_;  ///< among those in left_
  bool stays_out_ = false;
};

}  // namespace meshmq::cluster
