#pragma once
// What the control cores of two nodes say to each other: docs/wire/control-v1.md. Frozen once released.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/heal_record.hpp"
#include "cluster/membership.hpp"
#include "cluster/origin_log.hpp"
#include "cluster/shared_rows.hpp"

namespace meshmq::cluster::wire {

/// The versions of this protocol that we speak. Peers use the highest that both know.
inline constexpr std::uint16_t version_min = 1;
inline constexpr std::uint16_t version_max = 1;

/// What this node can do beyond the version, a bit each; peers use what both have. None so far.
inline constexpr std::uint64_t features = 0;

/// First frame of both sides.
struct Hello {
  std::uint16_t version_min = wire::version_min;
  std::uint16_t version_max = wire::version_max;
  std::uint64_t incarnation = 0;
  ClusterId cluster{};
  MemberRecords records{};
  bool open = true;  ///< no operator has sent this node away
  std::uint64_t features = wire::features;

  /// Both sides know one version; otherwise only the two version numbers have a meaning.
  [[nodiscard]] bool is_understood() const {
    return version_min <= wire::version_max && version_max >= wire::version_min;
  }
};
/// Membership changed.
struct View {
  ClusterId cluster;
  MemberRecords records;
};
/// "I am no member of that cluster any more, since then; what you say of that term is over."
struct Left {
  ClusterId cluster;
  Stamp since;
  std::uint32_t term = 0;
};
struct JoinRequest {};
struct JoinAccept {
  ClusterId cluster;
  MemberRecords records;
  std::vector<std::string> running;
};
struct JoinRefuse {
  std::string reason;
};
/// "I hold your log up to here." Answered by Append or SnapshotPart.
struct SyncRequest {
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
};
struct Append {
  std::uint64_t incarnation = 0;
  std::uint64_t first_seq = 0;
  std::vector<LogEntry> entries;
};
/// A part of all rows as they were at log position `seq`.
struct SnapshotPart {
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
  bool first = false;
  bool last = false;
  std::vector<LogEntry> rows;
};
/// The receiver has room for one more part.
struct SnapshotAck {
  std::uint64_t seq = 0;
};
struct Ack {
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
};
/// Number of rows, and the XOR of their digests.
struct TableSum {
  std::uint64_t rows = 0;
  std::uint64_t digest = 0;

  friend bool operator==(const TableSum&, const TableSum&) = default;
};
/// A table that is not named is empty.
using TableSums = std::map<LogEntry::Table, TableSum>;
inline TableSum sum_of(const TableSums& sums, LogEntry::Table table) {
  const auto it = sums.find(table);
  return it == sums.end() ? TableSum() : it->second;
}
/// The sender's own rows at `seq`; who disagrees about a table that he knows asks for a snapshot.
struct Digest {
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
  TableSums sums{};
};

/// Sums of the shared table.
struct SharedDigest {
  BucketDigests digests{};
};
/// "Send me your rows of these buckets."
struct SharedRequest {
  BucketSet buckets;
};
struct SharedRow {
  std::string key;
  RowStamp stamp;
  std::string value;
};
struct SharedPart {
  bool last = false;
  std::vector<SharedRow> rows;
};

/// Between the owners of two cluster machines; opaque here.
struct Message {
  std::string bytes;
};

/// Whom the sender has an established link to, itself included. Sent when that changes.
struct Sight {
  std::vector<std::string> running;
};
/// The sender stops, and means it.
struct Goodbye {};

// --- a split that is over: see Healing
/// The members that were running for the sender during the split, itself included.
struct HealReport {
  std::vector<std::string> view;
  WallMillis split_at = 0;
};
struct HealBegin {
  HealRecord heal;
};
/// The sender has everything of everybody.
struct HealDone {
  std::uint64_t id = 0;
  Merged merged;
};
struct HealOver {
  HealRecord heal;
};
/// With cluster.autoheal = off: an operator wants it.
struct HealNow {};

// --- do all hold the same: see Verification
struct VerifyRequest {
  std::uint64_t id = 0;
};
/// How far somebody has come with an owner's log, and the sums of that owner's rows.
struct OwnerState {
  std::uint64_t incarnation = 0;
  std::uint64_t seq = 0;
  TableSums sums{};
};
struct VerifyReply {
  std::uint64_t id = 0;
  MemberRecords records{};
  std::map<std::string, OwnerState> owners{};
  std::map<std::uint8_t, TableSum> shared{};  ///< by number of the shared table
};
/// "Your rows of this owner are damaged: fetch them anew." No owner: shared tables differ, compare them.
struct Resync {
  std::string owner;
};

using Frame =
    std::variant<Hello, View, Left, JoinRequest, JoinAccept, JoinRefuse, SyncRequest, Append, SnapshotPart,
                 SnapshotAck, Ack, Digest, SharedDigest, SharedRequest, SharedPart, Message, Sight, Goodbye,
                 HealReport, HealBegin, HealDone, HealOver, HealNow, VerifyRequest, VerifyReply, Resync>;

std::string encode(const Frame& frame);
Result<Frame> decode(std::string_view bytes);

void write(ByteWriter& w, const Stamp& stamp);
void write(ByteWriter& w, const MemberRecords& records);
void write(ByteWriter& w, RowStamp stamp);
Stamp read_stamp(ByteReader& r);
RowStamp read_row_stamp(ByteReader& r);
/// Empty if the bytes are short; the reader then says !ok().
MemberRecords read_records(ByteReader& r);

}  // namespace meshmq::cluster::wire
