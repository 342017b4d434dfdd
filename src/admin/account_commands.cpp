// Who may use the management API: applications and administrators.

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "admin/accounts.hpp"
#include "admin/command.hpp"
#include "node/access_admin.hpp"

namespace meshmq::admin {

namespace {

using node::Application;

constexpr UsageLine mgmt_usage[] = {
    {"mgmt list", "List Applications"},
    {"mgmt insert <AppId> <Name>", "Add Application of REST API"},
    {"mgmt update <AppId> <status>", "Update Application of REST API"},
    {"mgmt lookup <AppId>", "Get Application of REST API"},
    {"mgmt delete <AppId>", "Delete Application of REST API"},
};
constexpr UsageLine admins_usage[] = {
    {"admins list", "List dashboard users"},
    {"admins add <Username> <Password> [<Tags>]", "Add dashboard user"},
    {"admins passwd <Username> <Password>", "Reset dashboard user password"},
    {"admins del <Username>", "Delete dashboard user"},
};

// ---------------------------------------------------------------- mgmt

std::string expiry(const Application& app) {
  return app.expires_s == 0 ? "undefined" : std::to_string(app.expires_s);
}

void list_applications(Desk& desk, const Call& call) {
  std::string text;
  const auto all = applications_of(desk);
  for (const auto& [id, app] : all) {
    text += fmt::format("app_id: {}, secret: {}, name: {}, desc: {}, status: {}, expired: {}\n", id,
                        app.secret, app.name, app.description, app.enabled, expiry(app));
  }
  call.answer(text,
              Json::array(all, [](const auto& item) { return application_json(item.first, item.second); }));
}

void look_up_application(Desk& desk, const Call& call) {
  const auto app = application_of(desk, call.words[1]);
  if (!app) return call.refuse("Not Found.");
  call.answer(
      fmt::format("app_id: {}\nsecret: {}\nname: {}\ndesc: {}\nstatus: {}\nexpired: {}\n", call.words[1],
                  app->secret, app->name, app->description, app->enabled, expiry(*app)),
      application_json(call.words[1], *app));
}

void insert_application(Desk& desk, const Call& call) {
  const auto secret = add_application(desk, call.words[1], {.name = call.words[2]}, call.now);
  if (!secret) return call.refuse("Error: " + secret.error().message);
  call.answer("AppSecret: " + *secret + "\n", Json::object({{"secret", *secret}}));
}

void update_application(Desk& desk, const Call& call) {
  auto app = application_of(desk, call.words[1]);
  if (!app) return call.refuse("Error: app not found");
  if (call.words[2] != "true" && call.words[2] != "false") return call.refuse("status is true or false");
  app->enabled = call.words[2] == "true";
  desk.control.access().accounts().put_application(call.words[1], *app, call.now);
  call.answer("update successfully.\n", Json("ok"));
}

void delete_application(Desk& desk, const Call& call) {
  if (!desk.control.access().accounts().remove_application(call.words[1], call.now))
    return call.refuse("Error: app not found");
  call.answer("ok\n", Json("ok"));
}

bool run_mgmt(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list_applications(desk, call);
  } else if (call.is("insert", 2)) {
    insert_application(desk, call);
  } else if (call.is("update", 2)) {
    update_application(desk, call);
  } else if (call.is("lookup", 1)) {
    look_up_application(desk, call);
  } else if (call.is("delete", 1)) {
    delete_application(desk, call);
  } else {
    return false;
  }
  return true;
}

// ---------------------------------------------------------------- admins

constexpr const char* no_such_user = "{error,<<\"Username Not Found\">>}";

void list_administrators(Desk& desk, const Call& call) {
  std::string text;
  std::vector<Json> rows;
  for (const auto& [name, tags] : administrators_of(desk)) {
    text += fmt::format("username: {}, tags: {}\n", name, tags);
    rows.push_back(Json::object({{"username", name}, {"tags", tags}}));
  }
  call.answer(text, Json::array(rows));
}

void put(Desk& desk, const Call& call, bool add) {
  const std::string tags = call.words.size() > 3 ? call.words[3] : std::string();
  put_administrator(desk, call.words[1], {.password = call.words[2], .tags = tags, .add = add}, call.now,
                    [call, add](const Result<void>& done) {
                      if (done) return call.answer("ok\n", Json("ok"));
                      call.refuse(add ? "Error: " + done.error().message : no_such_user);
                    });
}

bool run_admins(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list_administrators(desk, call);
  } else if (call.is("add", 2) || call.is("add", 3)) {
    put(desk, call, true);
  } else if (call.is("passwd", 2)) {
    put(desk, call, false);
  } else if (call.is("del", 1) && call.words[1] == desk.defaults.user.id) {
    // Without a row the password of the configuration would count again.
    call.refuse("Error: Cannot delete " + call.words[1]);
  } else if (call.is("del", 1)) {
    desk.control.access().accounts().remove_administrator(call.words[1], call.now)
        ? call.answer("ok\n", Json("ok"))
        : call.refuse(no_such_user);
  } else {
    return false;
  }
  return true;
}

constexpr Command account_rows[] = {{"mgmt", mgmt_usage, run_mgmt}, {"admins", admins_usage, run_admins}};

}  // namespace

std::span<const Command> account_commands() {
  return account_rows;
}

}  // namespace meshmq::admin
