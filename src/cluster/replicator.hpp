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
#include "cluster/ports.hpp"
#include "cluster/routes.hpp"
#include "cluster/shared_rows.hpp"
#include "cluster/wire.hpp"

namespace meshmq::cluster {

/// Rows live in the route table only; this class knows how far each side has come. A peer that returns asks
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

  // --- own rows
  /// The node's first local subscriber of `filter` came, or its last one went. Returns the entry's number.
  std::uint64_t append_route(std::string_view filter, bool add);
  /// A session began here, or its client came again.
  void set_client(ClientKey key, RowStamp stamp);
  void erase_client(ClientKey key);
  /// The members of a shared group on this node changed from `before` to `now`.
  std::uint64_t append_group(std::string_view group, topic::GroupWeight before, topic::GroupWeight now);
  /// A row of the shared table was written here. Returns the entry's number.
  std::uint64_t append_shared(std::string_view key, RowStamp stamp, std::string_view value);
  /// A route changed that the peers need not know of (another worker of this node has it too): commit at
  /// end_of_turn().
  void note_local_change() { routes_changed_ = true; }
  /// Number of the newest own entry.
  std::uint64_t last() const { return log_.last(); }
  /// The newest own entry that every peer that is up has applied; last() if nobody is up.
  std::uint64_t acknowledged_by_all() const;

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

  /// Breaks one row of what we hold of `node`, as a bug or bad memory would. For tests of the repair.
  void damage_for_test(const std::string& node, std::string_view filter);

  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  /// What we have of a peer's log.
  struct Incoming {
    std::uint64_t incarnation = 0;
    std::uint64_t applied = 0;
    std::uint64_t rows = 0;
    std::uint64_t digest = 0;
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
  void apply_client(Peer& peer, const LogEntry& entry);
  void apply_group(Incoming& in, const GroupSlot& slot, const LogEntry& entry);
  std::map<std::string, topic::GroupWeight> own_groups() const;
  void start_snapshot(const std::string& node, Peer& peer);
  void send_parts(const std::string& node, Peer& peer);
  void finish_snapshot(Peer& peer);
  void send_entries();
  Peer* find_up(const std::string& node);

  std::uint64_t incarnation_;
  std::uint32_t own_slots_;
  OriginLog log_;
  RouteWriter& routes_;
  ClientRows& clients_;
  SharedRows& shared_;
  ClusterPorts& ports_;
  Logger logger_;
  std::map<std::string, Peer> peers_;
  bool routes_changed_ = false;
  std::uint64_t own_rows_ = 0;
  std::uint64_t own_digest_ = 0;
  std::uint64_t bytes_sent_ = 0;
  TimePoint next_digest_{};
};

}  // namespace meshmq::cluster
