#include "node/access_rows.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "front/peer_address.hpp"

namespace meshmq::node {

namespace {

WallMillis read_time(ByteReader& r) {
  return static_cast<WallMillis>(r.u64());
}
void write_time(ByteWriter& w, WallMillis time) {
  w.u64(static_cast<std::uint64_t>(time));
}

}  // namespace

std::string_view to_string(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::everybody:
      return "_all";
    case SubjectKind::client_id:
      return "clientid";
    case SubjectKind::username:
      return "username";
    case SubjectKind::peerhost:
      return "peerhost";
  }
  return "unknown";
}

std::optional<Subject> Subject::of_peerhost(std::string_view host) {
  const auto raw = front::parse_address(host);
  if (!raw) return std::nullopt;
  // One text for each address.
  std::string text = front::format_peer(*raw, 0);
  text.resize(text.rfind(':'));
  if (text.front() == '[') text = text.substr(1, text.size() - 2);
  return Subject{SubjectKind::peerhost, std::move(text)};
}

std::string Subject::key() const {
  std::string result(1, static_cast<char>(kind));
  return result += name;
}

std::optional<Subject> Subject::from_key(std::string_view key) {
  if (key.empty() || static_cast<unsigned char>(key[0]) > 3) return std::nullopt;
  return Subject{static_cast<SubjectKind>(key[0]), std::string(key.substr(1))};
}

std::string UserRow::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  write_time(w, created_at);
  w.bytes16(hash);
  return bytes;
}

std::optional<UserRow> UserRow::decode(std::string_view bytes) {
  ByteReader r(bytes);
  UserRow row;
  row.created_at = read_time(r);
  row.hash = r.bytes16();
  if (!r.ok()) return std::nullopt;
  return row;
}

std::string RuleRow::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  write_time(w, created_at);
  w.u8(static_cast<std::uint8_t>(action));
  w.u8(allow ? 1 : 0);
  return bytes;
}

std::optional<RuleRow> RuleRow::decode(std::string_view bytes) {
  ByteReader r(bytes);
  RuleRow row;
  row.created_at = read_time(r);
  const std::uint8_t action = r.u8();
  row.allow = r.u8() != 0;
  if (!r.ok() || action < 1 || action > 3) return std::nullopt;
  row.action = static_cast<broker::AclAction>(action);
  return row;
}

std::string rule_key(const Subject& subject, std::string_view topic) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(subject.kind));
  w.bytes16(subject.name);
  w.bytes(topic);
  return bytes;
}

std::optional<RuleKey> rule_from_key(std::string_view key) {
  ByteReader r(key);
  const std::uint8_t kind = r.u8();
  RuleKey result;
  result.subject = {static_cast<SubjectKind>(kind), std::string(r.bytes16())};
  result.topic = r.rest();
  if (!r.ok() || kind > 2) return std::nullopt;
  return result;
}

std::string BanRow::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  w.u64(static_cast<std::uint64_t>(at_s));
  w.u64(static_cast<std::uint64_t>(until_s));
  w.bytes16(by);
  w.bytes16(reason);
  return bytes;
}

std::optional<BanRow> BanRow::decode(std::string_view bytes) {
  ByteReader r(bytes);
  BanRow row;
  row.at_s = static_cast<std::int64_t>(r.u64());
  row.until_s = static_cast<std::int64_t>(r.u64());
  row.by = r.bytes16();
  row.reason = r.bytes16();
  if (!r.ok()) return std::nullopt;
  return row;
}

std::string ScramRow::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  write_time(w, created_at);
  w.u32(verifier.iterations);
  w.bytes16(verifier.salt);
  w.bytes16(verifier.stored_key);
  w.bytes16(verifier.server_key);
  return bytes;
}

std::optional<ScramRow> ScramRow::decode(std::string_view bytes) {
  ByteReader r(bytes);
  ScramRow row;
  row.created_at = read_time(r);
  row.verifier.iterations = r.u32();
  row.verifier.salt = r.bytes16();
  row.verifier.stored_key = r.bytes16();
  row.verifier.server_key = r.bytes16();
  if (!r.ok()) return std::nullopt;
  return row;
}

std::string scram_key(sasl::Digest digest, std::string_view username) {
  std::string key(1, static_cast<char>(digest));
  return key += username;
}

}  // namespace meshmq::node
