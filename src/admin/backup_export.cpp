#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "admin/accounts.hpp"
#include "admin/backup.hpp"
#include "admin/formats.hpp"
#include "node/access_admin.hpp"
#include "sasl/base64.hpp"

namespace meshmq::admin {

namespace {

using node::Subject;
using node::SubjectKind;
using sasl::to_base64;

Json bans(Desk& desk, Now now) {
  return Json::array(desk.control.access().tables().bans(now), [](const auto& ban) {
    const auto& [subject, row] = ban;
    return Json::object({{"who", Json::object({{std::string(to_string(subject.kind)), subject.name}})},
                         {"by", row.by},
                         {"reason", row.reason},
                         {"at", row.at_s},
                         {"until", row.until_s == 0 ? Json("infinity") : Json(row.until_s)}});
  });
}

/// Those of the tables: what stands in the configuration is not entered by anybody.
Json applications(Desk& desk) {
  return Json::array(desk.control.access().accounts().applications(), [](const auto& item) {
    const auto& [id, app] = item;
    return Json::object({{"id", id},
                         {"secret", app.secret},
                         {"name", app.name},
                         {"desc", app.description},
                         {"status", app.enabled},
                         {"expired", app.expires_s == 0 ? Json("undefined") : Json(app.expires_s)}});
  });
}

Json administrators(Desk& desk) {
  return Json::array(desk.control.access().accounts().administrators(), [](const auto& item) {
    return Json::object(
        {{"username", item.first}, {"password_hash", item.second.hash}, {"tags", item.second.tags}});
  });
}

Json users(Desk& desk) {
  std::vector<Json> rows;
  for (const SubjectKind kind : {SubjectKind::client_id, SubjectKind::username}) {
    for (const auto& [name, row] : desk.control.access().tables().users(kind)) {
      rows.push_back(Json::object({{"login", name},
                                   {"type", std::string(to_string(kind))},
                                   {"password_hash", row.hash},
                                   {"created_at", row.created_at}}));
    }
  }
  return Json::array(rows);
}

Json scram_users(Desk& desk) {
  std::vector<Json> rows;
  for (const sasl::Digest digest : {sasl::Digest::sha256, sasl::Digest::sha512}) {
    for (const auto& [name, row] : desk.control.access().tables().scram_users(digest)) {
      rows.push_back(Json::object({{"username", name},
                                   {"mechanism", std::string(sasl::scram_mechanism(digest))},
                                   {"salt", to_base64(row.verifier.salt)},
                                   {"iterations", row.verifier.iterations},
                                   {"stored_key", to_base64(row.verifier.stored_key)},
                                   {"server_key", to_base64(row.verifier.server_key)},
                                   {"created_at", row.created_at}}));
    }
  }
  return Json::array(rows);
}

Json rules(Desk& desk) {
  std::vector<Json> rows;
  for (const SubjectKind kind : {SubjectKind::client_id, SubjectKind::username, SubjectKind::everybody}) {
    for (const auto& [key, row] : desk.control.access().tables().rules(kind)) {
      std::vector<std::pair<std::string, Json>> members;
      const bool all = kind == SubjectKind::everybody;
      members.emplace_back("type", all ? "all" : std::string(to_string(kind)));
      if (!all) members.emplace_back("type_value", key.subject.name);
      members.emplace_back("topic", key.topic);
      members.emplace_back("action", std::string(action_word(row.action)));
      members.emplace_back("access", row.allow ? "allow" : "deny");
      members.emplace_back("created_at", row.created_at);
      rows.push_back(Json::object(members));
    }
  }
  return Json::array(rows);
}

/// What the broker says of itself is not entered by anybody either.
Json retained(Desk& desk) {
  return Json::array(desk.control.retained("#"), [](const mqtt::MessagePtr& message) {
    std::string bytes;
    message->encode(bytes);
    return Json::object({{"topic", message->topic()},
                         {"qos", static_cast<int>(message->qos())},
                         {"payload", to_base64(message->payload())},
                         {"message", to_base64(bytes)}});
  });
}

Json settings(Desk& desk) {
  std::vector<std::pair<std::string, Json>> members;
  for (const auto& [key, value] : desk.control.shared_settings().all()) members.emplace_back(key, value);
  return Json::object(members);
}

std::string name_for(Now now) {
  std::string time = format_datetime(now.wall);
  std::replace(time.begin(), time.end(), ' ', '-');
  std::replace(time.begin(), time.end(), ':', '-');
  return "meshmq-export-" + time + ".json";
}

}  // namespace

bool is_backup_name(std::string_view name) {
  return name.size() <= 200 && name.ends_with(".json") && !name.starts_with('.') && !name.starts_with('-') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.';
         });
}

std::string export_data(Desk& desk, Now now) {
  return Json::object({{"product", "meshmq"},
                       {"version", desk.host.version()},
                       {"date", format_datetime(now.wall)},
                       {"blacklist", bans(desk, now)},
                       {"apps", applications(desk)},
                       {"users", administrators(desk)},
                       {"auth_mnesia", users(desk)},
                       {"auth_scram", scram_users(desk)},
                       {"acl_mnesia", rules(desk)},
                       {"retained", retained(desk)},
                       {"settings", settings(desk)}})
      .text();
}

Result<BackupFiles::File> write_backup(Desk& desk, Now now) {
  if (desk.backups == nullptr) return fail(Errc::not_found, "this node keeps no files");
  const BackupFiles::File file{.name = name_for(now), .bytes = 0, .created_at = now.wall};
  const std::string document = export_data(desk, now) + "\n";
  if (auto written = desk.backups->write(file.name, document); !written)
    return tl::unexpected<Error>(std::move(written.error()));
  return BackupFiles::File{file.name, document.size(), file.created_at};
}

}  // namespace meshmq::admin
