#pragma once
// Splits of the cluster: noticing them, putting them right, and remembering how that went.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/heal_record.hpp"
#include "cluster/links.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// What operators see of a split.
struct PartitionStatus {
  /// The different views of who is running, the longest first; one view or none: no split.
  std::vector<std::vector<std::string>> views{};
  bool healing = false;
  /// Members that can be reached, but are kept apart because cluster.autoheal is off.
  std::vector<std::string> apart{};
};

/// All parts of a split go on serving. When members that had lost each other, and have not been restarted
/// since, meet again, they take up replication where it broke, at once; no node restarts, and no client is
/// disconnected but those that have a session on both sides. That heals any number of parts, whatever the
/// cuts were. On top of it goes the record of what happened:
///
///   1. Everybody tells everybody whom it saw during the split (HealReport).
///   2. The oldest node that is running leads: it collects the different views (the SplitView), picks the
///      oldest node of the longest one as coordinator, and tells (HealBegin).
///   3. Who has everything of everybody tells the coordinator (HealDone), who ends it (HealOver).
///
/// A leader or coordinator that is lost is replaced, and a heal that stands still is begun anew. With
/// cluster.autoheal = off, members that were silent for each other stay apart until an operator heals them.
/// Thread rule: one owner. Limit: `log_max` heals are remembered.
class Healing final : public LinkObserver {
 public:
  static constexpr std::size_t log_max = 50;
  /// Members that meet again within this time are one heal.
  static constexpr Duration settle = std::chrono::seconds(1);
  /// As long as some still look for each other.
  static constexpr Duration patience = std::chrono::seconds(20);
  static constexpr Duration done_interval = std::chrono::seconds(1);
  /// A heal that makes no progress for so long is begun anew.
  static constexpr Duration stalled = std::chrono::seconds(10);
  static constexpr Duration look_interval = std::chrono::milliseconds(500);
  /// Views that differ for longer than this differ because links are missing.
  static constexpr Duration views_settle = std::chrono::seconds(3);

  explicit Healing(World& world) : world_(world) {}

  // --- LinkObserver
  bool may_establish(const std::string& node, const Peer& peer) override;
  void established(const std::string& node, const Peer& peer, Now now) override;
  void lost(const std::string& node, const Peer& peer, LinkError error, Now now) override;

  void handle(const std::string& node, const wire::Sight& frame, Now now);
  void handle(const std::string& node, const wire::HealReport& frame, Now now);
  void handle(const std::string& node, const wire::HealBegin& frame, Now now);
  void handle(const std::string& node, const wire::HealDone& frame, Now now);
  void handle(const std::string& node, const wire::HealOver& frame, Now now);
  /// Returns the members that may be established now.
  std::vector<std::string> handle(const std::string& node, const wire::HealNow& frame);
  /// An operator's word; returns the members that may be established now.
  std::vector<std::string> heal_now();
  /// Tells the peers whom this node sees, if that has changed.
  void end_of_turn();
  void tick(Now now);

  PartitionStatus status() const;
  const std::deque<HealRecord>& log() const { return log_; }
  /// Of the members that run: who was started first.
  std::string oldest_running() const;

 private:
  struct Lost {
    std::uint64_t incarnation = 0;
    WallMillis at = 0;
    bool silent = false;  ///< nothing came any more, as if the network were cut
    bool goodbye = false;
  };
  struct Active {
    WallMillis split_at = 0;
    WallMillis met_at = 0;
    TimePoint met{};
    TimePoint changed{};
    std::map<std::string, std::vector<std::string>> views{};  ///< node -> its view during the split
    std::optional<HealRecord> begun{};
    TimePoint
        next_done{};  ///< said again until it is over: the coordinator may hear of the heal later than we
    Merged before{};
    std::map<std::string, Merged> done{};  ///< at the coordinator
  };

  Active& active(WallMillis split_at, Now now);
  Merged merged_so_far() const;
  std::set<std::string> members_running() const;
  bool older(const std::string& a, const std::string& b) const;
  std::string oldest(const std::vector<std::string>& nodes) const;
  void lead(Now now);
  void check_done(Now now);
  void check_over(Now now);
  void finish(const HealRecord& heal);
  bool is_in_sync() const;
  std::vector<std::vector<std::string>> different_views() const;
  /// Some running member sees others than this node.
  bool views_differ(Now now);
  void check_alarm(Now now);

  World& world_;
  std::map<std::string, Lost> lost_;  ///< members that were running, until they are back or members no more
  std::optional<Active> active_;
  std::deque<HealRecord> log_;
  bool sight_due_ = false;
  TimePoint views_differ_since_ = TimePoint::max();
  bool views_differ_ = false;
  TimePoint next_look_{};
  bool split_seen_ = false;  ///< they have differed long enough
  std::string alarm_;        ///< what was told; empty: nothing
};

}  // namespace meshmq::cluster
