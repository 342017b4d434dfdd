// Logging in, and who may: administrators and applications.

#include "admin/accounts.hpp"
#include "node/access_admin.hpp"
#include "rest/body.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

std::string new_token(admin::Desk& desk) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : desk.control.access().salt() + desk.control.access().salt()) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

// ---------------------------------------------------------------- logging in

void log_in(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string username = body.text("username");
  const std::string password = body.text("password");
  if (!body.good()) return call.fail(body.code(), body.problem());
  if (username.empty() || password.empty())
    return call.fail(Code::empty_password, "Username or password undefined");
  if (office.slow_down(call)) return;
  admin::check_administrator(
      office.desk(), username, password, [&office, call, username](admin::Login login) {
        if (login == admin::Login::wrong) {
          office.failed(call, username);
          return call.fail(Code::wrong_password, "Password Error");
        }
        office.succeeded(call);
        const std::string token = new_token(office.desk());
        const bool change_first = login == admin::Login::change_first;
        office.tokens().add(token,
                            {.username = username,
                             .hash = office.password_hash(username).value_or(std::string()),
                             .until = {},
                             .change_first = change_first},
                            call.now);
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(office.tokens().lifetime());
        call.ok(Json::object(
            {{"token", token}, {"expires_in", seconds.count()}, {"change_password", change_first}}));
      });
}

void log_out(Office& office, const Call& call) {
  office.tokens().end(call.token);
  call.ok();
}

/// Ends the user's logins.
void set_password(Office& office, const Call& call, const std::string& username,
                  const std::string& password) {
  admin::put_administrator(office.desk(), username, {.password = password}, call.now,
                           [&office, call, username](const Result<void>& done) {
                             if (!done) return call.fail(Code::unknown, done.error().message);
                             office.tokens().forget(username);
                             call.ok();
                           });
}

void change_password(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string username(call.get("username"));
  const std::string old_password = body.needed("old_pwd");
  const std::string new_password = body.needed("new_pwd");
  if (new_password == admin::well_known_password || new_password == old_password)
    body.fail(Code::bad_parameter, "choose another password");
  if (!body.good()) return call.fail(body.code(), body.problem());
  if (office.slow_down(call)) return;
  admin::check_administrator(office.desk(), username, old_password,
                             [&office, call, username, new_password](admin::Login login) {
                               if (login == admin::Login::wrong) {
                                 office.failed(call, username);
                                 return call.fail(Code::wrong_password, "Password Error");
                               }
                               set_password(office, call, username, new_password);
                             });
}

// ---------------------------------------------------------------- administrators

void list_admins(Office& office, const Call& call) {
  std::vector<Json> rows;
  for (const auto& [name, tags] : admin::administrators_of(office.desk()))
    rows.push_back(Json::object({{"username", name}, {"tags", tags}}));
  call.ok(Json::array(rows));
}

void add_admin(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string username = body.text("username");
  const admin::NewPassword wanted{.password = body.text("password"), .tags = body.text("tags"), .add = true};
  if (!body.good()) return call.fail(body.code(), body.problem());
  admin::put_administrator(office.desk(), username, wanted, call.now, [call](const Result<void>& done) {
    if (done) return call.ok();
    const bool known = done.error().code == Errc::already_exists;
    call.fail(known ? Code::user_exists : Code::empty_password, done.error().message);
  });
}

void update_admin(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string username(call.get("username"));
  const std::string tags = body.text("tags");
  const bool another_password = body.has("password");
  const std::string password = another_password ? body.needed("password") : "";
  if (password == admin::well_known_password) body.fail(Code::bad_parameter, "choose another password");
  if (!another_password && !body.has("tags"))
    body.fail(Code::missing_parameter, "tags or password is missing");
  if (!body.good()) return call.fail(body.code(), body.problem());
  node::ApiAccounts& accounts = office.desk().control.access().accounts();
  auto user = accounts.administrator(username);
  const bool first = another_password && username == office.desk().defaults.user.id;
  if (!user && !first) return call.fail(Code::no_user, "Username Not Found");
  if (user && body.has("tags")) {
    user->tags = tags;
    accounts.put_administrator(username, *user, call.now);
  }
  another_password ? set_password(office, call, username, password) : call.ok();
}

void delete_admin(Office& office, const Call& call) {
  const std::string username(call.get("username"));
  // His row keeps the password of the configuration out.
  if (username == office.desk().defaults.user.id)
    return call.fail(Code::admin_stays, "Cannot delete " + username);
  if (!office.desk().control.access().accounts().remove_administrator(username, call.now))
    return call.fail(Code::no_user, "Username Not Found");
  office.tokens().forget(username);
  call.ok();
}

// ---------------------------------------------------------------- applications

void list_applications(Office& office, const Call& call) {
  call.ok(Json::array(admin::applications_of(office.desk()),
                      [](const auto& item) { return admin::application_json(item.first, item.second); }));
}

void show_application(Office& office, const Call& call) {
  const std::string id(call.get("appid"));
  const auto application = admin::application_of(office.desk(), id);
  if (!application) return call.fail(Code::unknown, "not_found");
  call.ok(admin::application_json(id, *application));
}

/// What the body says of one.
void read_application(Body& body, node::Application& application) {
  constexpr std::int64_t seconds_max = INT64_MAX / 1000;
  if (body.has("name")) application.name = body.text("name");
  if (body.has("desc")) application.description = body.text("desc");
  application.enabled = body.boolean("status", application.enabled);
  application.expires_s = body.integer("expired", application.expires_s, 0, seconds_max);
}

void add_application(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string id = body.needed("app_id");
  node::Application application;
  application.secret = body.text("secret");
  read_application(body, application);
  if (!body.good()) return call.fail(body.code(), body.problem());
  const auto secret = admin::add_application(office.desk(), id, application, call.now);
  if (!secret) return call.fail(Code::bad_parameter, secret.error().message);
  call.ok(Json::object({{"secret", *secret}}));
}

void update_application(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string id(call.get("appid"));
  auto application = admin::application_of(office.desk(), id);
  if (!application) return call.fail(Code::unknown, "not_found");
  read_application(body, *application);
  if (!body.good()) return call.fail(body.code(), body.problem());
  office.desk().control.access().accounts().put_application(id, *application, call.now);
  call.ok();
}

void delete_application(Office& office, const Call& call) {
  const bool found =
      office.desk().control.access().accounts().remove_application(call.get("appid"), call.now);
  found ? call.ok() : call.fail(Code::unknown, "not_found");
}

constexpr Route account_rows[] = {
    {.method = "POST",
     .path = "/auth",
     .name = "auth_user",
     .help = "Logs in: the token is for `Authorization: Bearer` on this node",
     .run = log_in,
     .data = "Token",
     .body = "Password",
     .credentials = Credentials::none},
    {.method = "DELETE",
     .path = "/auth",
     .name = "logout_user",
     .help = "Logs out: the token that it comes with ends",
     .run = log_out},
    {.method = "PUT",
     .path = "/change_pwd/:username",
     .name = "change_pwd",
     .help = "Another password; ends the user's logins",
     .run = change_password,
     .body = "PasswordChange"},
    {.method = "GET",
     .path = "/users",
     .name = "list_users",
     .help = "Who may log in",
     .run = list_admins,
     .data = "[Administrator]"},
    {.method = "POST",
     .path = "/users",
     .name = "create_user",
     .help = "Somebody new",
     .run = add_admin,
     .body = "NewAdministrator"},
    {.method = "PUT",
     .path = "/users/:username",
     .name = "update_user",
     .help = "Changes a user's tags, or gives him another password, which ends his logins",
     .run = update_admin,
     .body = "AdministratorChange"},
    {.method = "DELETE",
     .path = "/users/:username",
     .name = "delete_user",
     .help = "Deletes a user, and ends his tokens here",
     .run = delete_admin},
    {.method = "GET",
     .path = "/apps",
     .name = "list_apps",
     .help = "The applications and their secrets",
     .run = list_applications,
     .data = "[Application]"},
    {.method = "POST",
     .path = "/apps",
     .name = "add_app",
     .help = "A new application",
     .run = add_application,
     .data = "Secret",
     .body = "NewApplication"},
    {.method = "GET",
     .path = "/apps/:appid",
     .name = "lookup_app",
     .help = "One application",
     .run = show_application,
     .data = "Application"},
    {.method = "PUT",
     .path = "/apps/:appid",
     .name = "update_app",
     .help = "Changes what is given",
     .run = update_application,
     .body = "ApplicationChange"},
    {.method = "DELETE",
     .path = "/apps/:appid",
     .name = "del_app",
     .help = "Deletes one",
     .run = delete_application},
};

}  // namespace

std::span<const Route> account_routes() {
  return account_rows;
}

}  // namespace meshmq::rest
