#pragma once
// Exclusive subscriptions: one client in the whole cluster has `$exclusive/<filter>`.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "node/exclusive_rows.hpp"
#include "node/messages.hpp"

namespace meshmq::node {

/// What ExclusiveClaims needs of its node. Never calls back.
class ExclusiveClaimsPorts {
 public:
  virtual ~ExclusiveClaimsPorts() = default;
  virtual cluster::RowStamp next_stamp(Now now) = 0;
  /// A stamp of another node: later ones of ours must be greater.
  virtual void observe(cluster::RowStamp stamp) = 0;
  /// Replaces this node's row of the name; without a value it goes.
  virtual void write_row(std::string_view name, std::string value) = 0;
  virtual void lose(WorkerIndex worker, ExclusiveLost lost) = 0;
  /// The client's session is here.
  virtual bool is_here(const std::string& client_id) const = 0;
  /// It has left for another node, where it may not have arrived.
  virtual bool is_leaving(const std::string& client_id) const = 0;
};

/// Each node has one row at most for a name: the client that has it there, or asks for it. A client that asks
/// is refused if a row of another one is known. Otherwise its row is written, and when every live peer has it
/// (SubscribeGate), all who asked at the same moment have been heard of: the earliest has it, unless one has
/// been granted it before. Rows of one client on two nodes are no contest, so a session takes what it has
/// along. Two clients that both have it (after a split) are a contest: the earlier one keeps it, the other
/// one's node gives it up. Rows of nodes out of reach hold nobody up.
///
///     ask() -> asked -- check() --> held -- released(), or lost to an earlier one
///                 \-- refused         \--> its session leaves: until another node says that it has it
///
/// Why it holds: docs/adr/0013-exclusive-subscriptions.md. Pure. Thread rule: one owner (the control thread).
class ExclusiveClaims {
 public:
  /// Of a contest: a session that has become void meanwhile is ended by then.
  static constexpr Duration contest_wait = std::chrono::seconds(5);
  static constexpr Duration contest_sweep = std::chrono::seconds(1);
  static constexpr Duration absence_sweep = std::chrono::seconds(5);

  ExclusiveClaims(const ExclusiveRows& rows, ExclusiveClaimsPorts& ports) : rows_(rows), ports_(ports) {}

  // --- peers
  void peer_up(Slot slot);
  void peer_down(Slot slot) { peers_.erase(slot.value); }
  /// Another node has said so.
  void row(Slot slot, std::string_view name, std::string_view value);

  // --- from the workers
  /// What is taken is among `request.refused`; the rest waits for check().
  void ask(SubscribeRequest& request, Now now);
  /// Every live peer has the rows of ask(), and who asked at the same moment has been heard of.
  void check(SubscribeRequest& request);
  void arrived(const ExclusiveHeld& held, Now now);
  void released(const ExclusiveReleased& released);

  /// Before the turn's rows are told.
  void before_end_of_turn();
  void tick(Now now);

 private:
  struct Mine {
    WorkerIndex worker;
    ExclusiveClaim claim;
    TimePoint contested_since{};
  };
  using Claims = std::map<std::string, Mine, std::less<>>;

  /// The rows of other nodes, live or not, that are somebody's claim to this.
  template <class Visit>
  void for_each_other(std::string_view name, Visit&& visit) const;
  /// The first live one of another client for which `wanted(claim)`.
  template <class Wanted>
  std::optional<ExclusiveClaim> find_rival(std::string_view name, std::string_view client_id,
                                           Wanted&& wanted) const;
  void write(const std::string& name, const Mine& mine);
  Claims::iterator erase(Claims::iterator it);
  Claims::iterator give_up(Claims::iterator it, std::string winner);
  bool settle_doubled(const std::string& name);
  bool settle_contest(const std::string& name, Now now);
  void sweep_absent();

  const ExclusiveRows& rows_;
  ExclusiveClaimsPorts& ports_;
  std::set<std::uint32_t> peers_;  ///< the live ones
  Claims mine_;
  std::set<std::string> contested_;  ///< names of ours that another client may have as well
  std::set<std::string> doubled_;    ///< names of ours that the same client has on another node
  TimePoint next_contest_sweep_{};
  TimePoint next_absence_sweep_{};
};

}  // namespace meshmq::node
