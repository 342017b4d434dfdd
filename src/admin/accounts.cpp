#include "admin/accounts.hpp"

#include <memory>

#include "node/access_admin.hpp"
#include "sasl/base64.hpp"
#include "sasl/password_hash.hpp"

namespace meshmq::admin {

namespace {

constexpr std::size_t name_bytes_max = 0xFFFF;
constexpr const char* first_tags = "administrator";

node::Application default_application(const Desk& desk) {
  return {.secret = desk.defaults.application.secret, .name = "Default", .description = "Application user"};
}

/// He has no row until his password is changed.
bool is_of_configuration(Desk& desk, const std::string& username) {
  return !username.empty() && username == desk.defaults.user.id &&
         !desk.control.access().accounts().administrator(username);
}

}  // namespace

std::optional<node::Application> application_of(Desk& desk, const std::string& id) {
  if (auto known = desk.control.access().accounts().application(id)) return known;
  if (id.empty() || id != desk.defaults.application.id) return std::nullopt;
  return default_application(desk);
}

std::vector<std::pair<std::string, node::Application>> applications_of(Desk& desk) {
  auto all = desk.control.access().accounts().applications();
  const std::string& id = desk.defaults.application.id;
  if (!id.empty() && !desk.control.access().accounts().application(id))
    all.emplace(all.begin(), id, default_application(desk));
  return all;
}

Json application_json(const std::string& id, const node::Application& application) {
  return Json::object(
      {{"app_id", id},
       {"secret", application.secret},
       {"name", application.name},
       {"desc", application.description},
       {"status", application.enabled},
       {"expired", application.expires_s == 0 ? Json("undefined") : Json(application.expires_s)}});
}

Result<std::string> add_application(Desk& desk, const std::string& id, node::Application application,
                                    Now now) {
  if (id.empty() || id.size() > name_bytes_max)
    return fail(Errc::invalid_argument, "an id has 1 to 65535 bytes");
  if (application_of(desk, id)) return fail(Errc::already_exists, "already existed");
  // Two salts: 256 bits that nobody can guess.
  if (application.secret.empty())
    application.secret = sasl::to_base64(desk.control.access().salt() + desk.control.access().salt());
  std::string secret = application.secret;
  desk.control.access().accounts().put_application(id, application, now);
  return secret;
}

std::vector<std::pair<std::string, std::string>> administrators_of(Desk& desk) {
  std::vector<std::pair<std::string, std::string>> all;
  const std::string& first = desk.defaults.user.id;
  if (is_of_configuration(desk, first)) all.emplace_back(first, first_tags);
  for (const auto& [name, row] : desk.control.access().accounts().administrators())
    all.emplace_back(name, row.tags);
  return all;
}

void put_administrator(Desk& desk, const std::string& username, const NewPassword& wanted, Now now,
                       std::function<void(const Result<void>&)> done) {
  if (username.empty() || wanted.password.empty() || username.size() > name_bytes_max)
    return done(fail(Errc::invalid_argument, "Username or password undefined"));
  const auto hash = std::make_shared<std::string>();
  node::AccessAdmin& access = desk.control.access();
  // Always a slow one, whatever is configured for clients.
  const auto work = [hash, password = wanted.password, salt = access.salt()] {
    *hash = sasl::hash_password({}, password, salt);
  };
  desk.host.offload(work, [&desk, username, wanted, now, hash, done = std::move(done)] {
    node::ApiAccounts& accounts = desk.control.access().accounts();
    auto known = accounts.administrator(username);
    if (is_of_configuration(desk, username)) known = {.hash = "", .tags = first_tags};
    if (known && wanted.add) return done(fail(Errc::already_exists, "Username Already Exist"));
    if (!known && !wanted.add) return done(fail(Errc::not_found, "Username Not Found"));
    accounts.put_administrator(username, {.hash = *hash, .tags = known ? known->tags : wanted.tags}, now);
    done({});
  });
}

void check_administrator(Desk& desk, const std::string& username, const std::string& password,
                         std::function<void(Login)> done) {
  const auto known = desk.control.access().accounts().administrator(username);
  const Defaults::Pair& first = desk.defaults.user;
  if (!known && !first.id.empty() && username == first.id && password == first.secret)
    return done(first.secret == well_known_password ? Login::change_first : Login::good);
  const auto fits = std::make_shared<bool>(false);
  // Whether the user is known must not show in the time that it takes.
  const auto work = [fits, password, hash = known ? known->hash : std::string()] {
    if (hash.empty()) {
      (void)sasl::hash_password({}, password, std::string(sasl::salt_bytes, 's'));
    } else {
      *fits = sasl::password_fits(hash, password);
    }
  };
  desk.host.offload(work, [fits, done = std::move(done)] { done(*fits ? Login::good : Login::wrong); });
}

}  // namespace meshmq::admin
