#include "node/durable_tables.hpp"

#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

constexpr std::uint8_t row_version = 1;

}  // namespace

Result<cluster::RowStamp> DurableTables::load(std::string_view key, std::string_view value) {
  ByteReader r(value);
  const std::uint8_t version = r.u8();
  const cluster::RowStamp stamp{r.u64(), r.u64()};
  if (!r.ok() || key.empty()) return fail(Errc::malformed, "a row on disk is cut short");
  if (version != row_version) return fail(Errc::unsupported, "a row on disk has an unknown form");
  if (!kept(key)) {
    writer_.erase(StoreArea::rows, key);
  } else if (!tables_.load(key, stamp, r.rest())) {
    return fail(Errc::malformed, "a row on disk cannot be read");
  }
  return stamp;
}

void DurableTables::save_all() {
  tables_.for_each(cluster::BucketSet().set(), [this](std::string_view key, cluster::RowStamp stamp,
                                                      std::string_view value) { save(key, stamp, value); });
}

std::uint64_t DurableTables::save(std::string_view key, cluster::RowStamp stamp, std::string_view value) {
  if (!kept(key)) return 0;
  std::string row;
  row.reserve(17 + value.size());
  ByteWriter w(row);
  w.u8(row_version);
  w.u64(stamp.time);
  w.u64(stamp.writer);
  w.bytes(value);
  return writer_.write(StoreArea::rows, key, std::move(row));
}

void DurableTables::expire(WallMillis now) {
  tables_.expire(now, [this](std::string_view key) {
    if (kept(key)) writer_.erase(StoreArea::rows, key);
  });
}

}  // namespace meshmq::node
