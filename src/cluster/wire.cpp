#include "cluster/wire.hpp"

#include <type_traits>
#include <utility>

namespace meshmq::cluster::wire {

namespace {

/// First byte of a frame: its place in the variant, which is therefore frozen.
template <class T, std::size_t I = 0>
constexpr std::uint8_t kind_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, Frame>, T>) {
    return I;
  } else {
    return kind_of<T, I + 1>();
  }
}

constexpr std::uint8_t entry_add = 0x80;

void write(ByteWriter& w, const std::vector<LogEntry>& entries) {
  w.varint(entries.size());
  for (const LogEntry& entry : entries) {
    w.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(entry.table) | (entry.add ? entry_add : 0)));
    w.varint(entry.key.size());
    w.bytes(entry.key);
    w.varint(entry.value.size());
    w.bytes(entry.value);
  }
}

std::vector<LogEntry> read_entries(ByteReader& r) {
  std::vector<LogEntry> entries;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    LogEntry entry;
    const std::uint8_t head = r.u8();
    entry.table = static_cast<LogEntry::Table>(head & ~entry_add);
    entry.add = (head & entry_add) != 0;
    entry.key = r.bytes(r.varint());
    entry.value = r.bytes(r.varint());
    entries.push_back(std::move(entry));
  }
  return entries;
}

void write(ByteWriter& w, const std::vector<std::string>& names) {
  w.varint(names.size());
  for (const std::string& name : names) w.bytes16(name);
}

std::vector<std::string> read_names(ByteReader& r) {
  std::vector<std::string> names;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) names.emplace_back(r.bytes16());
  return names;
}

/// TableSums, or sums by the numbers of shared tables.
template <class Table>
void write(ByteWriter& w, const std::map<Table, TableSum>& sums) {
  w.varint(sums.size());
  for (const auto& [table, sum] : sums) {
    w.u8(static_cast<std::uint8_t>(table));
    w.u64(sum.rows);
    w.u64(sum.digest);
  }
}

template <class Table>
void read(ByteReader& r, std::map<Table, TableSum>& sums) {
  const std::uint64_t tables = r.varint();
  for (std::uint64_t i = 0; i < tables && r.ok(); ++i) {
    TableSum& sum = sums[static_cast<Table>(r.u8())];
    sum.rows = r.u64();
    sum.digest = r.u64();
  }
}

void write(ByteWriter& w, const Merged& merged) {
  w.varint(merged.rows);
  w.varint(merged.shared_rows);
  w.varint(merged.sessions);
}

Merged read_merged(ByteReader& r) {
  Merged merged;
  merged.rows = r.varint();
  merged.shared_rows = r.varint();
  merged.sessions = r.varint();
  return merged;
}

void write(ByteWriter& w, const HealRecord& heal) {
  w.u64(heal.id);
  w.bytes16(heal.coordinator);
  w.u64(static_cast<std::uint64_t>(heal.split_at));
  w.u64(static_cast<std::uint64_t>(heal.met_at));
  w.u64(static_cast<std::uint64_t>(heal.healed_at));
  w.varint(heal.views.size());
  for (const auto& view : heal.views) write(w, view);
  w.varint(heal.merged.size());
  for (const auto& [node, merged] : heal.merged) {
    w.bytes16(node);
    write(w, merged);
  }
}

HealRecord read_heal(ByteReader& r) {
  HealRecord heal;
  heal.id = r.u64();
  heal.coordinator = r.bytes16();
  heal.split_at = static_cast<WallMillis>(r.u64());
  heal.met_at = static_cast<WallMillis>(r.u64());
  heal.healed_at = static_cast<WallMillis>(r.u64());
  const std::uint64_t views = r.varint();
  for (std::uint64_t i = 0; i < views && r.ok(); ++i) heal.views.push_back(read_names(r));
  const std::uint64_t nodes = r.varint();
  for (std::uint64_t i = 0; i < nodes && r.ok(); ++i) {
    const std::string node(r.bytes16());
    heal.merged[node] = read_merged(r);
  }
  return heal;
}

struct Encoder {
  ByteWriter& w;

  void operator()(const Hello& f) const {
    w.u16(f.version_min);
    w.u16(f.version_max);
    w.u64(f.incarnation);
    w.u64(f.cluster.value);
    wire::write(w, f.records);
    w.u8(f.open ? 1 : 0);
    w.u64(f.features);
  }
  void operator()(const View& f) const {
    w.u64(f.cluster.value);
    wire::write(w, f.records);
  }
  void operator()(const Left& f) const {
    w.u64(f.cluster.value);
    wire::write(w, f.since);
    w.u32(f.term);
  }
  void operator()(const JoinRequest&) const {}
  void operator()(const JoinAccept& f) const {
    w.u64(f.cluster.value);
    wire::write(w, f.records);
    write(w, f.running);
  }
  void operator()(const JoinRefuse& f) const { w.bytes16(f.reason); }
  void operator()(const SyncRequest& f) const {
    w.u64(f.incarnation);
    w.u64(f.seq);
  }
  void operator()(const Append& f) const {
    w.u64(f.incarnation);
    w.u64(f.first_seq);
    write(w, f.entries);
  }
  void operator()(const SnapshotPart& f) const {
    w.u64(f.incarnation);
    w.u64(f.seq);
    w.u8(static_cast<std::uint8_t>((f.first ? 1 : 0) | (f.last ? 2 : 0)));
    write(w, f.rows);
  }
  void operator()(const SnapshotAck& f) const { w.u64(f.seq); }
  void operator()(const Ack& f) const {
    w.u64(f.incarnation);
    w.u64(f.seq);
  }
  void operator()(const Digest& f) const {
    w.u64(f.incarnation);
    w.u64(f.seq);
    write(w, f.sums);
  }
  void operator()(const SharedDigest& f) const {
    for (const std::uint64_t digest : f.digests) w.u64(digest);
  }
  void operator()(const SharedRequest& f) const {
    for (std::size_t i = 0; i < shared_buckets; i += 8) {
      std::uint8_t byte = 0;
      for (std::size_t bit = 0; bit < 8; ++bit)
        byte = static_cast<std::uint8_t>(byte | f.buckets[i + bit] << bit);
      w.u8(byte);
    }
  }
  void operator()(const SharedPart& f) const {
    w.u8(f.last ? 1 : 0);
    w.varint(f.rows.size());
    for (const SharedRow& row : f.rows) {
      w.varint(row.key.size());
      w.bytes(row.key);
      wire::write(w, row.stamp);
      w.varint(row.value.size());
      w.bytes(row.value);
    }
  }
  void operator()(const Message& f) const { w.bytes(f.bytes); }
  void operator()(const Sight& f) const { write(w, f.running); }
  void operator()(const Goodbye&) const {}
  void operator()(const HealReport& f) const {
    write(w, f.view);
    w.u64(static_cast<std::uint64_t>(f.split_at));
  }
  void operator()(const HealBegin& f) const { write(w, f.heal); }
  void operator()(const HealDone& f) const {
    w.u64(f.id);
    write(w, f.merged);
  }
  void operator()(const HealOver& f) const { write(w, f.heal); }
  void operator()(const HealNow&) const {}
  void operator()(const VerifyRequest& f) const { w.u64(f.id); }
  void operator()(const VerifyReply& f) const {
    w.u64(f.id);
    wire::write(w, f.records);
    w.varint(f.owners.size());
    for (const auto& [node, state] : f.owners) {
      w.bytes16(node);
      w.u64(state.incarnation);
      w.u64(state.seq);
      write(w, state.sums);
    }
    write(w, f.shared);
  }
  void operator()(const Resync& f) const { w.bytes16(f.owner); }
};

void read(ByteReader& r, VerifyRequest& f) {
  f.id = r.u64();
}
void read(ByteReader& r, VerifyReply& f) {
  f.id = r.u64();
  f.records = read_records(r);
  const std::uint64_t owners = r.varint();
  for (std::uint64_t i = 0; i < owners && r.ok(); ++i) {
    OwnerState& state = f.owners[std::string(r.bytes16())];
    state.incarnation = r.u64();
    state.seq = r.u64();
    read(r, state.sums);
  }
  read(r, f.shared);
}
void read(ByteReader& r, Resync& f) {
  f.owner = r.bytes16();
}

void read(ByteReader& r, Sight& f) {
  f.running = read_names(r);
}
void read(ByteReader&, Goodbye&) {}
void read(ByteReader& r, HealReport& f) {
  f.view = read_names(r);
  f.split_at = static_cast<WallMillis>(r.u64());
}
void read(ByteReader& r, HealBegin& f) {
  f.heal = read_heal(r);
}
void read(ByteReader& r, HealDone& f) {
  f.id = r.u64();
  f.merged = read_merged(r);
}
void read(ByteReader& r, HealOver& f) {
  f.heal = read_heal(r);
}
void read(ByteReader&, HealNow&) {}

void read(ByteReader& r, Message& f) {
  f.bytes = r.rest();
}

void read(ByteReader& r, SharedDigest& f) {
  for (std::uint64_t& digest : f.digests) digest = r.u64();
}
void read(ByteReader& r, SharedRequest& f) {
  for (std::size_t i = 0; i < shared_buckets; i += 8) {
    const std::uint8_t byte = r.u8();
    for (std::size_t bit = 0; bit < 8; ++bit) f.buckets[i + bit] = (byte >> bit & 1) != 0;
  }
}
void read(ByteReader& r, SharedPart& f) {
  f.last = r.u8() != 0;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    SharedRow row;
    row.key = r.bytes(r.varint());
    row.stamp = read_row_stamp(r);
    row.value = r.bytes(r.varint());
    f.rows.push_back(std::move(row));
  }
}
void read(ByteReader& r, Hello& f) {
  f.version_min = r.u16();
  f.version_max = r.u16();
  if (!f.is_understood()) return;  // what follows is for that version to say
  f.incarnation = r.u64();
  f.cluster = ClusterId(r.u64());
  f.records = read_records(r);
  f.open = r.u8() != 0;
  f.features = r.u64();
}
void read(ByteReader& r, View& f) {
  f.cluster = ClusterId(r.u64());
  f.records = read_records(r);
}
void read(ByteReader& r, Left& f) {
  f.cluster = ClusterId(r.u64());
  f.since = read_stamp(r);
  f.term = r.u32();
}
void read(ByteReader&, JoinRequest&) {}
void read(ByteReader& r, JoinAccept& f) {
  f.cluster = ClusterId(r.u64());
  f.records = read_records(r);
  f.running = read_names(r);
}
void read(ByteReader& r, JoinRefuse& f) {
  f.reason = r.bytes16();
}
void read(ByteReader& r, SyncRequest& f) {
  f.incarnation = r.u64();
  f.seq = r.u64();
}
void read(ByteReader& r, Append& f) {
  f.incarnation = r.u64();
  f.first_seq = r.u64();
  f.entries = read_entries(r);
}
void read(ByteReader& r, SnapshotPart& f) {
  f.incarnation = r.u64();
  f.seq = r.u64();
  const std::uint8_t flags = r.u8();
  f.first = (flags & 1) != 0;
  f.last = (flags & 2) != 0;
  f.rows = read_entries(r);
}
void read(ByteReader& r, SnapshotAck& f) {
  f.seq = r.u64();
}
void read(ByteReader& r, Ack& f) {
  f.incarnation = r.u64();
  f.seq = r.u64();
}
void read(ByteReader& r, Digest& f) {
  f.incarnation = r.u64();
  f.seq = r.u64();
  read(r, f.sums);
}

/// Decodes the alternative with this number; the bytes behind what we know are a later version's and are
/// skipped.
template <std::size_t I = 0>
Result<Frame> decode_kind(std::uint8_t kind, ByteReader& r) {
  if constexpr (I == std::variant_size_v<Frame>) {
    return fail(Errc::unsupported, "control frame of unknown kind " + std::to_string(kind));
  } else {
    if (kind != I) return decode_kind<I + 1>(kind, r);
    std::variant_alternative_t<I, Frame> frame;
    read(r, frame);
    if (!r.ok())
      return fail(Errc::malformed, "control frame of kind " + std::to_string(kind) + " is cut short");
    return Frame(std::move(frame));
  }
}

}  // namespace

void write(ByteWriter& w, const Stamp& stamp) {
  w.u64(stamp.time);
  w.bytes16(stamp.writer);
}

void write(ByteWriter& w, RowStamp stamp) {
  w.u64(stamp.time);
  w.u64(stamp.writer);
}

RowStamp read_row_stamp(ByteReader& r) {
  RowStamp stamp;
  stamp.time = r.u64();
  stamp.writer = r.u64();
  return stamp;
}

Stamp read_stamp(ByteReader& r) {
  Stamp stamp;
  stamp.time = r.u64();
  stamp.writer = r.bytes16();
  return stamp;
}

void write(ByteWriter& w, const MemberRecords& records) {
  w.varint(records.size());
  for (const auto& [name, record] : records) {
    w.bytes16(name);
    w.u8(static_cast<std::uint8_t>(record.standing));
    w.u32(record.term);
    write(w, record.stamp);
  }
}

MemberRecords read_records(ByteReader& r) {
  MemberRecords records;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    const std::string name(r.bytes16());
    MemberRecord record;
    // What a later version means by others is not removal, and shall not be lost: the mildest one that we
    // know.
    const std::uint8_t standing = r.u8();
    record.standing = standing > 2 ? Standing::cleaned : static_cast<Standing>(standing);
    record.term = r.u32();
    record.stamp = read_stamp(r);
    if (r.ok()) records[name] = std::move(record);
  }
  return records;
}

std::string encode(const Frame& frame) {
  std::string out;
  ByteWriter w(out);
  std::visit(
      [&](const auto& f) {
        w.u8(kind_of<std::decay_t<decltype(f)>>());
        Encoder{w}(f);
      },
      frame);
  return out;
}

Result<Frame> decode(std::string_view bytes) {
  ByteReader r(bytes);
  const std::uint8_t kind = r.u8();
  if (!r.ok()) return fail(Errc::malformed, "empty control frame");
  return decode_kind(kind, r);
}

}  // namespace meshmq::cluster::wire
