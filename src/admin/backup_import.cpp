#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "admin/accounts.hpp"
#include "admin/backup.hpp"
#include "admin/configuration.hpp"
#include "admin/formats.hpp"
#include "node/access_admin.hpp"
#include "sasl/base64.hpp"
#include "topic/filter.hpp"

namespace meshmq::admin {

namespace {

namespace json = boost::json;
using node::Subject;
using node::SubjectKind;

constexpr std::size_t imported_name_bytes_max = 65535;
constexpr std::size_t salt_bytes_of_emqx = 4;

/// Hexadecimal digits, both cases; nothing unless all are.
std::optional<std::string> from_hex(std::string_view text) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = value(text[i]);
    const int low = value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

std::string_view scheme_of(std::size_t digest_bytes) {
  switch (digest_bytes) {
    case 16:
      return "md5";
    case 20:
      return "sha";
    case 32:
      return "sha256";
    case 64:
      return "sha512";
    default:
      return "";
  }
}

/// One row, read member by member.
class Row {
 public:
  explicit Row(const json::value& value) : object_(value.if_object()) {}

  std::string text(std::string_view name) const {
    const json::value* value = find(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  std::int64_t integer(std::string_view name) const {
    const json::value* value = find(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
  }
  bool boolean(std::string_view name) const {
    const json::value* value = find(name);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  const json::value* find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }

 private:
  const json::object* object_;
};

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= imported_name_bytes_max;
}

/// `password_hash` of ours, or `password` of EMQ X: base64 of salt and digest. Empty: neither.
std::string hash_in(const Row& row) {
  std::string ours = row.text("password_hash");
  for (const std::string_view scheme : {"$argon2id$", "plain$$", "md5$", "sha$", "sha256$", "sha512$"}) {
    if (ours.starts_with(scheme)) return ours;
  }
  const auto salted = sasl::from_base64(row.text("password"));
  return salted ? hash_of_emqx(*salted) : std::string();
}

class Import {
 public:
  Import(Desk& desk, Now now) : desk_(desk), now_(now) {}

  ImportReport run(const json::object& document) {
    section(document, "blacklist", [this](const Row& row) { return ban(row); });
    section(document, "apps", [this](const Row& row) { return application(row); });
    section(document, "users", [this](const Row& row) { return administrator(row); });
    section(document, "auth_mnesia", [this](const Row& row) { return user(row, kind_of(row.text("type"))); });
    // EMQ X 4.1's tables have the password of each as 4.3's do.
    section(document, "auth_clientid", [this](const Row& row) { return user(row, SubjectKind::client_id); });
    section(document, "auth_username", [this](const Row& row) { return user(row, SubjectKind::username); });
    section(document, "auth_scram", [this](const Row& row) { return scram(row); });
    section(document, "acl_mnesia", [this](const Row& row) { return rule(row); });
    section(document, "retained", [this](const Row& row) { return retained(row); });
    for (const char* name : {"rules", "resources", "schemas", "modules", "configs", "confs"}) {
      const json::value* rows = document.if_contains(name);
      const auto* list = rows == nullptr ? nullptr : rows->if_array();
      if (list != nullptr && !list->empty())
        report_.notes.push_back(
            fmt::format("{}: {} rows are left out, there is nothing like them here", name, list->size()));
    }
    return std::move(report_);
  }

 private:
  /// `take` returns why a row is left out, or nothing.
  template <class Take>
  void section(const json::object& document, const std::string& name, Take&& take) {
    const json::value* value = document.if_contains(name);
    const auto* rows = value == nullptr ? nullptr : value->if_array();
    if (rows == nullptr) return;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      const std::string why = take(Row((*rows)[i]));
      if (why.empty()) {
        ++report_.imported[name];
      } else {
        report_.notes.push_back(fmt::format("{}, row {}: left out, {}", name, i + 1, why));
      }
    }
  }

  static SubjectKind kind_of(const std::string& type) {
    return type == "clientid"   ? SubjectKind::client_id
           : type == "username" ? SubjectKind::username
                                : SubjectKind::everybody;
  }

  std::string ban(const Row& row) {
    const json::value* who = row.find("who");
    const auto* object = who == nullptr ? nullptr : who->if_object();
    if (object == nullptr || object->size() != 1) return "who is banned is not to be read";
    const std::string as(object->begin()->key());
    const std::string name = Row(*who).text(as);
    std::optional<Subject> subject;
    if (as == "peerhost") subject = Subject::of_peerhost(name);
    if (as == "clientid" || as == "username") subject = Subject{kind_of(as), name};
    if (!subject || !is_name(name)) return "who is banned is not to be read";
    const std::int64_t until = row.integer("until");
    if (until != 0 && until * 1000 <= now_.wall) return "it is over";
    desk_.control.access().tables().put_ban(
        *subject,
        {.by = row.text("by"), .reason = row.text("reason"), .at_s = row.integer("at"), .until_s = until},
        now_);
    return {};
  }

  std::string application(const Row& row) {
    const std::string id = row.text("id");
    if (!is_name(id) || row.text("secret").empty()) return "it has no id or no secret";
    desk_.control.access().accounts().put_application(id,
                                                      {.secret = row.text("secret"),
                                                       .name = row.text("name"),
                                                       .description = row.text("desc"),
                                                       .enabled = row.boolean("status"),
                                                       .expires_s = row.integer("expired")},
                                                      now_);
    return {};
  }

  std::string administrator(const Row& row) {
    const std::string name = row.text("username");
    const std::string hash = hash_in(row);
    if (!is_name(name) || hash.empty()) return "it has no name, or its password is not to be read";
    desk_.control.access().accounts().put_administrator(name, {.hash = hash, .tags = row.text("tags")}, now_);
    return {};
  }

  std::string user(const Row& row, SubjectKind kind) {
    std::string name = row.text("login");
    if (name.empty()) name = row.text(to_string(kind));
    const std::string hash = hash_in(row);
    if (kind == SubjectKind::everybody || !is_name(name) || hash.empty())
      return "it has no name, or its password is not to be read";
    const std::int64_t created = row.integer("created_at");
    desk_.control.access().tables().put_user(
        {kind, name}, {.created_at = created == 0 ? now_.wall : created, .hash = hash}, now_);
    return {};
  }

  std::string scram(const Row& row) {
    const std::string name = row.text("username");
    const auto digest = sasl::scram_digest(row.text("mechanism"));
    const auto salt = sasl::from_base64(row.text("salt"));
    const auto stored = sasl::from_base64(row.text("stored_key"));
    const auto server = sasl::from_base64(row.text("server_key"));
    const std::int64_t iterations = row.integer("iterations");
    const bool good = is_name(name) && digest && salt && stored && server && !stored->empty() &&
                      iterations >= sasl::scram_iterations_min && iterations <= sasl::scram_iterations_max;
    if (!good) return "it is not to be read";
    desk_.control.access().tables().put_scram_user(
        *digest, name,
        {.created_at = row.integer("created_at"),
         .verifier = {*salt, static_cast<std::uint32_t>(iterations), *stored, *server}},
        now_);
    return {};
  }

  std::string rule(const Row& row) {
    const std::string type = row.text("type");
    const std::string name = row.text("type_value");
    const auto action = action_of(row.text("action"));
    const std::string access = row.text("access");
    const SubjectKind kind = kind_of(type);
    const bool known = kind == SubjectKind::everybody ? type == "all" || type == "_all" : is_name(name);
    if (!known || !topic::is_valid_filter(row.text("topic")))
      return "whom or what it is about is not to be read";
    if (access != "allow" && access != "deny") return "it neither allows nor denies";
    if (!action) return "its action is not to be read";
    desk_.control.access().tables().put_rule(
        {kind, kind == SubjectKind::everybody ? std::string() : name}, row.text("topic"),
        {.created_at = row.integer("created_at"), .action = *action, .allow = access == "allow"}, now_);
    return {};
  }

  std::string retained(const Row& row) {
    const auto bytes = sasl::from_base64(row.text("message"));
    if (!bytes) return "it is not to be read";
    const auto message = mqtt::Message::decode(*bytes);
    if (!message || (*message)->payload().empty()) return "it is not to be read";
    desk_.control.handle(node::RetainRequest{.message = *message}, now_);
    return {};
  }

  Desk& desk_;
  const Now now_;
  ImportReport report_;
};

ConfigValues settings_of(const json::object& document) {
  ConfigValues values;
  const json::value* settings = document.if_contains("settings");
  const auto* object = settings == nullptr ? nullptr : settings->if_object();
  if (object == nullptr) return values;
  for (const auto& [key, value] : *object) {
    if (value.is_string() && !value.get_string().empty())
      values.emplace_back(std::string(key), std::string(value.get_string()));
  }
  return values;
}

}  // namespace

std::string hash_of_emqx(std::string_view salted) {
  if (salted.size() <= salt_bytes_of_emqx) return {};
  const std::string_view salt = salted.substr(0, salt_bytes_of_emqx);
  const std::string_view rest = salted.substr(salt_bytes_of_emqx);
  // Clients' digests are written in hexadecimal, administrators' are 16 bytes of MD5.
  const auto digest = from_hex(rest);
  if (digest && !scheme_of(digest->size()).empty())
    return fmt::format("{}${}${}", scheme_of(digest->size()), sasl::to_base64(salt),
                       sasl::to_base64(*digest));
  if (rest.size() == 16) return fmt::format("md5${}${}", sasl::to_base64(salt), sasl::to_base64(rest));
  if (rest.starts_with(salt)) return "plain$$" + sasl::to_base64(rest.substr(salt.size()));
  return {};
}

void import_data(Desk& desk, std::string_view document, Now now,
                 std::function<void(const Result<ImportReport>&)> done) {
  boost::system::error_code error;
  const json::value value = json::parse(document, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return done(fail(Errc::malformed, "it is no JSON object"));
  const std::string version = Row(value).text("version");
  const bool ours = Row(value).text("product") == "meshmq";
  if (!ours && version != "4.1" && version != "4.2" && version != "4.3" && version != "4.4")
    return done(fail(Errc::invalid_argument, "Unsupported version."));
  ImportReport report = Import(desk, now).run(*object);
  const ConfigValues settings = settings_of(*object);
  if (settings.empty() || desk.configuration == nullptr) return done(report);
  change_config(
      desk, settings, true, now,
      [report = std::move(report), count = settings.size(),
       done = std::move(done)](const std::vector<ConfigChange>& changes) mutable {
        if (!any_refused(changes)) report.imported["settings"] = count;
        for (const ConfigChange& change : changes) {
          if (change.result != ConfigResult::refused) continue;
          report.notes.push_back(fmt::format("settings, {}: left out, {}", change.key, change.message));
        }
        done(report);
      });
}

Json report_json(const ImportReport& report) {
  std::vector<std::pair<std::string, Json>> counts;
  for (const auto& [section, count] : report.imported) counts.emplace_back(section, count);
  return Json::object({{"imported", Json::object(counts)}, {"notes", Json::strings(report.notes)}});
}

}  // namespace meshmq::admin
