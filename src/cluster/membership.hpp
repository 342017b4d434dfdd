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

enum class Standing : std::uint8_t {
  removed = 0,  ///< by an operator, or it left: stays out until it is asked to join
  member = 1,
  cleaned = 2,  ///< away for cluster.autoclean: forgotten, but a member again as soon as it is met
};

/// One node's standing. Who is gone stays as a tombstone, so that its return is recognised.
struct MemberRecord {
  Standing standing = Standing::removed;
  /// Grows with every join: what was said of an earlier term does not count any more.
  std::uint32_t term = 1;
  Stamp stamp{};

  bool is_member() const { return standing == Standing::member; }
  friend bool operator==(const MemberRecord&, const MemberRecord&) = default;
};
using MemberRecords = std::map<std::string, MemberRecord>;
/// The order in which records of one node replace each other: the later term; within a term a removal, which
/// nothing but a join undoes; else the later stamp.
bool supersedes(const MemberRecord& a, const MemberRecord& b);

/// Records merge row by row: nodes that exchange them in any order end up equal. Thread rule: one owner.
/// Limit: remembers the last `left_max` clusters that it left.
class Membership {
 public:
  static constexpr std::size_t left_max = 16;

  Membership(std::string self, ClusterId id) : self_(std::move(self)), id_(id) {
    records_[self_] = {.standing = Standing::member};
  }

  ClusterId id() const { return id_; }
  const std::string& self() const { return self_; }
  const MemberRecords& records() const { return records_; }
  bool is_member(std::string_view node) const;
  bool is_cleaned(std::string_view node) const;
  bool is_removed(std::string_view node) const;
  /// There is no other member.
  bool alone() const;
  /// All members but this node, sorted.
  std::vector<std::string> others() const;
  /// Sorted.
  std::vector<std::string> cleaned() const;

  // --- what happens to one node; the stamp must be later than the row's
  /// A new term begins.
  void join(const std::string& node, Stamp stamp);
  void remove(const std::string& node, Stamp stamp);
  void clean(const std::string& node, Stamp stamp);
  /// It was cleaned away, and is there.
  void revive(const std::string& node, Stamp stamp);
  /// Returns true if anything changed.
  bool merge(const MemberRecords& records);

  /// This node became part of another cluster.
  void adopt(ClusterId id, const MemberRecords& records);
  /// This node left (or was removed at) `when`: it founds a new cluster of its own and remembers the old one.
  /// `sent_away`: an operator wanted it so.
  void stand_alone(ClusterId fresh, Stamp when, bool sent_away);
  struct LeftCluster {
    Stamp when;
    std::uint32_t term = 0;  ///< of this node there, then

    friend bool operator==(const LeftCluster&, const LeftCluster&) = default;
  };
  /// nullptr if this node does not remember having been there.
  const LeftCluster* left(ClusterId id) const;

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
  void set(const std::string& node, Standing standing, std::uint32_t term, Stamp stamp);

  std::string self_;
  ClusterId id_;
  MemberRecords records_;
  std::map<ClusterId, LeftCluster> left_;
  std::set<ClusterId> removed_from_;  ///< among those in left_
  bool stays_out_ = false;
};

}  // namespace meshmq::cluster
