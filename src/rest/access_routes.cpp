// Bans, and clients that are known: tables that every node has.

#include "node/access_admin.hpp"
#include "rest/body.hpp"
#include "rest/office.hpp"
#include "rest/paging.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::rest {

namespace {

using node::BanRow;
using node::Subject;
using node::SubjectKind;

// ---------------------------------------------------------------- bans

/// EMQ X: as long as that unless it is said.
constexpr std::int64_t ban_seconds = 300;

std::optional<Subject> subject_of(std::string_view as, const std::string& who) {
  if (who.empty()) return std::nullopt;
  if (as == "peerhost") return Subject::of_peerhost(who);
  for (const SubjectKind kind : {SubjectKind::client_id, SubjectKind::username}) {
    if (as == to_string(kind)) return Subject{kind, who};
  }
  return std::nullopt;
}

Json ban_row(const Subject& subject, const BanRow& row) {
  return Json::object({{"as", to_string(subject.kind)},
                       {"who", subject.name},
                       {"by", row.by},
                       {"reason", row.reason},
                       {"at", row.at_s},
                       {"until", row.until_s == 0 ? Json("infinity") : Json(row.until_s)}});
}

void list_bans(Office& office, const Call& call) {
  std::vector<Json> rows;
  for (const auto& [subject, row] : office.desk().control.access().tables().bans(call.now))
    rows.push_back(ban_row(subject, row));
  answer_page(call, office.settings(), rows);
}

void add_ban(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string who = body.needed("who");
  const std::string as = body.needed("as");
  const std::int64_t now_s = call.now.wall / 1000;
  BanRow row;
  row.by = body.text("by");
  row.reason = body.text("reason");
  row.at_s = body.integer("at", now_s, 0, INT64_MAX / 1000);
  row.until_s = body.integer("until", now_s + ban_seconds, 0, INT64_MAX / 1000);
  if (row.by.empty()) row.by = "user";
  const auto subject = subject_of(as, who);
  if (!subject) body.fail(Code::bad_parameter, "as must be clientid, username or peerhost with an address");
  if (!body.good()) return call.fail(body.code(), body.problem());
  office.desk().control.access().tables().put_ban(*subject, row, call.now);
  call.ok(ban_row(*subject, row));
}

/// As EMQ X: what is not there is deleted already.
void delete_ban(Office& office, const Call& call) {
  const auto subject = subject_of(call.get("as"), std::string(call.get("who")));
  if (!subject) return call.fail(Code::bad_parameter, "as must be clientid, username or peerhost");
  office.desk().control.access().tables().remove_ban(*subject, call.now);
  call.ok();
}

// ---------------------------------------------------------------- users

Json name_row(SubjectKind kind, const std::string& name) {
  return Json::object({{std::string(to_string(kind)), name}});
}

template <SubjectKind kind>
void list_users(Office& office, const Call& call) {
  std::vector<Json> rows;
  for (const auto& [name, row] : office.desk().control.access().tables().users(kind))
    rows.push_back(name_row(kind, name));
  answer_page(call, office.settings(), rows);
}

template <SubjectKind kind>
void show_user(Office& office, const Call& call) {
  const std::string name(call.get(to_string(kind)));
  if (!office.desk().control.access().tables().user({kind, name}))
    return call.fail(Code::no_user, "not_found");
  call.ok(name_row(kind, name));
}

/// The hash is made where it holds up nobody.
void put_user(Office& office, const Call& call, const Subject& subject, const std::string& password,
              bool update) {
  node::AccessAdmin& access = office.desk().control.access();
  const auto hash = std::make_shared<std::string>();
  const auto work = [hash, hashing = access.config().password_hashing, password, salt = access.salt()] {
    *hash = sasl::hash_password(hashing, password, salt);
  };
  office.desk().host.offload(work, [&access, call, subject, update, hash] {
    const auto known = access.tables().user(subject);
    if (known && !update) return call.fail(Code::user_exists, "existed");
    if (!known && update) return call.fail(Code::no_user, "noexisted");
    access.tables().put_user(
        subject, {.created_at = known ? known->created_at : call.now.wall, .hash = std::move(*hash)},
        call.now);
    call.ok();
  });
}

template <SubjectKind kind>
void add_user(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string name = body.needed(to_string(kind));
  const std::string password = body.needed("password");
  if (name.size() > 0xFFFF) body.fail(Code::bad_parameter, "the name is too long");
  if (!body.good()) return call.fail(body.code(), body.problem());
  put_user(office, call, {kind, name}, password, false);
}

template <SubjectKind kind>
void update_user(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string password = body.needed("password");
  if (!body.good()) return call.fail(body.code(), body.problem());
  put_user(office, call, {kind, std::string(call.get(to_string(kind)))}, password, true);
}

template <SubjectKind kind>
void delete_user(Office& office, const Call& call) {
  office.desk().control.access().tables().remove_user({kind, std::string(call.get(to_string(kind)))},
                                                      call.now);
  call.ok();
}

constexpr Route access_rows[] = {
    {.method = "GET",
     .path = "/banned",
     .name = "list_banned",
     .help = "Who may not connect",
     .run = list_bans,
     .data = "[Ban]",
     .query = page_parameters,
     .meta = Meta::page},
    {.method = "POST",
     .path = "/banned",
     .name = "add_banned",
     .help = "Keeps somebody out; who is connected stays until the next CONNECT, or is kicked",
     .run = add_ban,
     .data = "Ban",
     .body = "NewBan"},
    {.method = "DELETE",
     .path = "/banned/:as/:who",
     .name = "delete_banned",
     .help = "Lets him in again",
     .run = delete_ban},
    {.method = "GET",
     .path = "/auth_username",
     .name = "list_username",
     .help = "User names that have a password",
     .run = list_users<SubjectKind::username>,
     .data = "[Username]",
     .query = page_parameters,
     .meta = Meta::page},
    {.method = "POST",
     .path = "/auth_username",
     .name = "add_username",
     .help = "Makes a user known",
     .run = add_user<SubjectKind::username>,
     .body = "NewUsername"},
    {.method = "GET",
     .path = "/auth_username/:username",
     .name = "lookup_username",
     .help = "Whether he is",
     .run = show_user<SubjectKind::username>,
     .data = "Username"},
    {.method = "PUT",
     .path = "/auth_username/:username",
     .name = "update_username",
     .help = "Gives him another password",
     .run = update_user<SubjectKind::username>,
     .body = "NewPassword"},
    {.method = "DELETE",
     .path = "/auth_username/:username",
     .name = "delete_username",
     .help = "Forgets him",
     .run = delete_user<SubjectKind::username>},
    {.method = "GET",
     .path = "/auth_clientid",
     .name = "list_clientid",
     .help = "Client ids that have a password",
     .run = list_users<SubjectKind::client_id>,
     .data = "[ClientId]",
     .query = page_parameters,
     .meta = Meta::page},
    {.method = "POST",
     .path = "/auth_clientid",
     .name = "add_clientid",
     .help = "Makes a client known",
     .run = add_user<SubjectKind::client_id>,
     .body = "NewClientId"},
    {.method = "GET",
     .path = "/auth_clientid/:clientid",
     .name = "lookup_clientid",
     .help = "Whether it is",
     .run = show_user<SubjectKind::client_id>,
     .data = "ClientId"},
    {.method = "PUT",
     .path = "/auth_clientid/:clientid",
     .name = "update_clientid",
     .help = "Gives it another password",
     .run = update_user<SubjectKind::client_id>,
     .body = "NewPassword"},
    {.method = "DELETE",
     .path = "/auth_clientid/:clientid",
     .name = "delete_clientid",
     .help = "Forgets it",
     .run = delete_user<SubjectKind::client_id>},
};

}  // namespace

std::span<const Route> access_routes() {
  return access_rows;
}

}  // namespace meshmq::rest
