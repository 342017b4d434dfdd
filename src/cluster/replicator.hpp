#pragma once
// Replication of owned rows: this node's origin log out to every peer, every peer's log in.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/client_rows.hpp"
#include "cluster/origin_log.hpp"
#include "cluster/owned_rows.hpp"
#include "cluster/owned_tables.hpp"
#include "cluster/ports.hpp"
#include "cluster/routes.hpp"
#include "cluster/shared_rows.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

/// Rows live in their tables only; this class knows how far each side has come. A peer that returns asks
/// for what it misses: entries while the log holds them, a streamed snapshot otherwise; digests catch what
/// nobody expected. Thread rule: one owner. Limits: `log_entries_max` entries of history,
/// `parts_in_flight_max` parts per snapshot.
class Replicator {
 public:
  static constexpr std::size_t rows_per_part_max = 2000;
  static constexpr unsigned parts_in_flight_max = 4;
  static constexpr Duration digest_interval = std::chrono::seconds(10);
  static constexpr Duration sync_wait = std::chrono::seconds(5);

  /// Slots below `own_slots` are this node's workers. `routes` and `ports` must outlive this object.
  Replicator(std::uint64_t incarnation, std::uint32_t own_slots, std::size_t log_entries_max,
             RouteWriter& routes, ClientRows& clients, SharedRows& shared, ClusterPorts& ports, Logger log);

  /// Another table of owned rows; before any peer is up.
  void add_table(LogEntry::Table id, OwnedRows& table) { tables_[id] = &table; }

  // --- own rows: each returns the number of its entry
  /// A row that its table has already, with what that changed.
  std::uint64_t append(LogEntry entry, RowChange change);
  /// The same, and its table is told.
  std::uint64_t write(LogEntry entry);
  /// The node's first local subscriber of `filter` came, or its last one went.
  std::uint64_t append_route(std::string_view filter, bool add);
  /// A session began here, or its client came again.
  std::uint64_t set_client(ClientKey key, const ClientRow& row);
  void erase_client(ClientKey key);
  /// The members of a shared group on this node changed from `before` to `now`.
  std::uint64_t append_group(std::string_view group, topic::GroupWeight before, topic::GroupWeight now);
  /// A row of a shared table was written here.
  std::uint64_t append_shared(std::string_view key, RowStamp stamp, std::string_view value);
  /// A route changed that the peers need not know of (another worker of this node has it too): commit at
  /// end_of_turn().
  void note_local_change() { routes_changed_ = true; }
  /// Number of the newest own entry.
  std::uint64_t last() const { return log_.last(); }
  /// The newest own entry that every peer that is up has applied; last() if nobody is up. Peers that have not
  /// even come to entry `given_up` are not asked.
  std::uint64_t acknowledged_by_all(std::uint64_t given_up = 0) const;

  // --- peers
  void peer_up(const std::string& node, Slot slot, Now now);
  /// Rows stay: a return costs a delta.
  void peer_down(const std::string& node);
  /// Deletes the rows.
  void forget(const std::string& node);
  /// True if this node has all rows of `node`, and `node` has all that were ours when it last came up.
  bool in_sync_with(const std::string& node) const;

  void handle(const std::string& node, const wire::SyncRequest& frame);
  void handle(const std::string& node, const wire::Append& frame);
  void handle(const std::string& node, const wire::SnapshotPart& frame);
  void handle(const std::string& node, const wire::SnapshotAck& frame);
  void handle(const std::string& node, const wire::Ack& frame);
  void handle(const std::string& node, const wire::Digest& frame);

  /// Commits the routes if any changed, then sends what is new. An acknowledgement leaves one turn after its
  /// commit: rows that were written by those who had not seen the routes yet then go before it. True: there
  /// is one, call again when what has come meanwhile is handled.
  [[nodiscard]] bool end_of_turn();
  void tick(Now now);

  // --- do all hold the same
  /// How far this node has come with a peer's log; without sums.
  wire::OwnerState position_of(const std::string& node) const;
  /// Counts all rows, by owner.
  std::map<Slot, wire::TableSums> count_rows() const;
  /// What is here of this peer's rows is not to be trusted.
  void fetch_anew(const std::string& node);

  /// Breaks one row of what we hold of `node`, as a bug or bad memory would. For tests of the repair.
  void damage_for_test(const std::string& node, std::string_view filter);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  /// Rows of peers that have changed here.
  std::uint64_t rows_changed() const { return rows_changed_; }
  /// The same of shared tables.
  std::uint64_t shared_rows_changed() const { return shared_rows_changed_; }

 private:
  /// What we have of a peer's log.
  struct Incoming {
    std::uint64_t incarnation = 0;
    std::uint64_t applied = 0;
    wire::TableSums sums{};
    bool sync_requested = false;
    TimePoint ask_again{};  ///< a request without an answer is repeated then
    bool ack_due = false;
    std::optional<wire::Ack> ack{};  ///< leaves at the end of the next turn
    /// Hashes of the rows seen so far while a snapshot streams in.
    std::optional<std::unordered_set<std::uint64_t>> snapshot;
  };
  /// What a peer has of ours.
  struct Outgoing {
    bool streaming = false;  ///< it asked; from here on every new entry is sent
    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t goal = 0;  ///< last() when it asked
    std::uint64_t snapshot_seq = 0;
    std::deque<wire::SnapshotPart> parts;
    unsigned parts_in_flight = 0;
  };
  struct Peer {
    Slot slot;
    bool up = false;
    Incoming in;
    Outgoing out;
  };

  void send(const std::string& node, const wire::Frame& frame);
  void request_sync(const std::string& node, Peer& peer, std::uint64_t incarnation);
  void apply(Peer& peer, const std::string& node, const LogEntry& entry);
  void count(wire::TableSums& sums, LogEntry::Table table, RowChange change);
  void start_snapshot(const std::string& node, Peer& peer);
  void send_parts(const std::string& node, Peer& peer);
  void finish_snapshot(const std::string& node, Peer& peer);
  /// Erases the owner's rows for which `wanted(table, key)` is false; returns the sums of those that stay.
  template <class Wanted>
  wire::TableSums keep_rows(RowOwner owner, Wanted&& wanted);
  void send_entries();
  Peer* find_up(const std::string& node);

  std::uint64_t incarnation_;
  OriginLog log_;
  RouteWriter& routes_;
  RouteRows route_rows_;
  SessionRows session_rows_;
  GroupRows group_rows_;
  std::map<LogEntry::Table, OwnedRows*> tables_;
  SharedRows& shared_;
  ClusterPorts& ports_;
  Logger logger_;
  std::map<std::string, Peer> peers_;
  bool routes_changed_ = false;
  wire::TableSums own_sums_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t rows_changed_ = 0;
  std::uint64_t shared_rows_changed_ = 0;
  TimePoint next_digest_{};
};

}  // namespace meshmq::cluster
