#pragma once
// Anti-entropy of the shared table: nodes compare sums and pull the buckets in which they differ.

#include <map>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "cluster/ports.hpp"
#include "cluster/shared_rows.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

/// New writes travel in the origin logs; this finds what they could not bring: rows of nodes that are down
/// now, or that a peer wrote while the link was. When peers meet they compare at once: each says what it had
/// when it began to send its log, so that no row falls between the two. Later they compare now and then, and
/// only a difference that has stood still on both sides counts: rows under way are no difference. Thread
/// rule: one owner. Limit: one pull at a time, `part_bytes_max` per frame.
class SharedSync {
 public:
  static constexpr Duration interval = std::chrono::seconds(10);
  static constexpr Duration pull_wait = std::chrono::seconds(30);
  static constexpr std::size_t part_bytes_max = 256 * 1024;

  SharedSync(SharedRows& rows, ClusterPorts& ports) : rows_(rows), ports_(ports) {}

  void peer_up(const std::string& node) { peers_[node] = {}; }
  /// The log that `node` gets of ours begins here and now.
  void log_begins(const std::string& node);
  void peer_down(const std::string& node);
  /// Nodes were found to differ: all compare at once, and what differs is pulled whether it stands still or
  /// not.
  void compare_anew();
  /// True if nothing is known to be missing here that `node` has.
  bool in_sync_with(const std::string& node) const;

  void handle(const std::string& node, const wire::SharedDigest& frame, Now now);
  void handle(const std::string& node, const wire::SharedRequest& frame);
  void handle(const std::string& node, const wire::SharedPart& frame, Now now);
  void tick(Now now);
  /// Counts all rows, by the first byte of their keys.
  std::map<std::uint8_t, wire::TableSum> count() const;
  std::string_view name_of(std::uint8_t table) const { return rows_.name_of(table); }
  /// Rows that came from peers and were newer.
  std::uint64_t rows_changed() const { return rows_changed_; }

 private:
  struct Peer {
    std::optional<BucketDigests> theirs;  ///< what they said last
    BucketDigests ours{};                 ///< what we had then
    bool met = false;                     ///< the first comparison is done
    bool log_begun = false;               ///< they have our sums of that moment, and none earlier
    bool suspect = false;                 ///< compare_anew(): the next one counts at once
  };

  void announce(const std::string& node);
  void pull_next(Now now);

  SharedRows& rows_;
  ClusterPorts& ports_;
  std::map<std::string, Peer> peers_;
  std::string pulling_from_;
  TimePoint pull_deadline_{};
  TimePoint next_round_{};
  std::uint64_t rows_changed_ = 0;
};

}  // namespace meshmq::cluster
