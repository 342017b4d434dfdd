#include "node/api_accounts.hpp"

#include "base/bytes.hpp"
#include "node/decoded_rows.hpp"

namespace meshmq::node {

namespace {

template <class Row>
std::vector<std::pair<std::string, Row>> all_rows(const LwwRows& rows) {
  std::vector<std::pair<std::string, Row>> result;
  for_each_row<Row>(rows, [&](std::string_view key, Row row) { result.emplace_back(key, std::move(row)); });
  return result;
}

}  // namespace

std::string Application::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(enabled ? 1 : 0);
  w.u64(static_cast<std::uint64_t>(expires_s));
  w.bytes16(secret);
  w.bytes16(name);
  w.bytes16(description);
  return bytes;
}

std::optional<Application> Application::decode(std::string_view bytes) {
  ByteReader r(bytes);
  Application row;
  row.enabled = r.u8() != 0;
  row.expires_s = static_cast<std::int64_t>(r.u64());
  row.secret = r.bytes16();
  row.name = r.bytes16();
  row.description = r.bytes16();
  if (!r.ok()) return std::nullopt;
  return row;
}

std::string Administrator::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  w.bytes16(hash);
  w.bytes16(tags);
  return bytes;
}

std::optional<Administrator> Administrator::decode(std::string_view bytes) {
  ByteReader r(bytes);
  Administrator row;
  row.hash = r.bytes16();
  row.tags = r.bytes16();
  if (!r.ok()) return std::nullopt;
  return row;
}

ApiAccounts::ApiAccounts(SharedTables& shared, SharedWriter& writer) : writer_(writer) {
  shared.add(SharedTable::applications, applications_);
  shared.add(SharedTable::administrators, administrators_);
}

std::optional<Application> ApiAccounts::application(std::string_view id) const {
  return find_row<Application>(applications_, id);
}

void ApiAccounts::put_application(std::string_view id, const Application& application, Now now) {
  writer_.write(SharedTable::applications, applications_, id, application.encode(), now);
}

bool ApiAccounts::remove_application(std::string_view id, Now now) {
  if (applications_.find(id) == nullptr) return false;
  writer_.write(SharedTable::applications, applications_, id, {}, now);
  return true;
}

std::vector<std::pair<std::string, Application>> ApiAccounts::applications() const {
  return all_rows<Application>(applications_);
}

std::optional<Administrator> ApiAccounts::administrator(std::string_view username) const {
  return find_row<Administrator>(administrators_, username);
}

void ApiAccounts::put_administrator(std::string_view username, const Administrator& administrator, Now now) {
  writer_.write(SharedTable::administrators, administrators_, username, administrator.encode(), now);
}

bool ApiAccounts::remove_administrator(std::string_view username, Now now) {
  if (administrators_.find(username) == nullptr) return false;
  writer_.write(SharedTable::administrators, administrators_, username, {}, now);
  return true;
}

std::vector<std::pair<std::string, Administrator>> ApiAccounts::administrators() const {
  return all_rows<Administrator>(administrators_);
}

}  // namespace meshmq::node
