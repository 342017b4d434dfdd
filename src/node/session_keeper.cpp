#include "node/session_keeper.hpp"

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

constexpr std::uint8_t record_version = 1;

}  // namespace

Result<void> SessionKeeper::load(std::string_view client_id, std::string_view record, Duration grace) {
  ByteReader r(record);
  const std::uint8_t version = r.u8();
  const RowStamp stamp{r.u64(), r.u64()};
  const std::uint64_t void_before = r.u64();
  if (!r.ok() || client_id.empty()) return fail(Errc::malformed, "a session on disk is cut short");
  if (version != record_version) return fail(Errc::unsupported, "a session on disk has an unknown form");
  kept_.emplace(client_id);
  moves_.restore(std::string(client_id), {stamp, void_before});
  node_.to_home(client_id, SessionRestore{std::string(client_id), std::string(r.rest()), grace});
  return {};
}

void SessionKeeper::keep(const broker::RestingSession& session) {
  const ClientRow row = moves_.row_of(session.client_id);
  std::string record;
  record.reserve(25 + session.image.size());
  ByteWriter w(record);
  w.u8(record_version);
  w.u64(row.stamp.time);
  w.u64(row.stamp.writer);
  w.u64(row.void_before);
  w.bytes(session.image);
  kept_.insert(session.client_id);
  writer_.write(StoreArea::sessions, session.client_id, std::move(record));
}

void SessionKeeper::changed(std::string_view client_id) {
  const auto it = kept_.find(client_id);
  if (it == kept_.end()) return;
  kept_.erase(it);
  writer_.erase(StoreArea::sessions, client_id);
}

}  // namespace meshmq::node
