#pragma once
// Applications and administrators of the management API, as its commands and the API itself change them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/desk.hpp"
#include "base/json.hpp"
#include "node/api_accounts.hpp"

namespace meshmq::admin {

inline constexpr const char* well_known_password = "public";

/// The one of the configuration counts as long as no row of the tables has its id.
std::optional<node::Application> application_of(Desk& desk, const std::string& id);
std::vector<std::pair<std::string, node::Application>> applications_of(Desk& desk);
/// As EMQ X has it.
Json application_json(const std::string& id, const node::Application& application);
/// Makes a secret if there is none, and returns it. Fails if the id is known or empty.
Result<std::string> add_application(Desk& desk, const std::string& id, node::Application application,
                                    Now now);

struct NewPassword {
  std::string password;
  std::string tags{};
  bool add = false;  ///< false: the user must be known, and keeps his tags
};
/// Names and tags. The user of the configuration (dashboard.default_user.login) is one of them.
std::vector<std::pair<std::string, std::string>> administrators_of(Desk& desk);
/// The hash is made where it holds up nobody. Fails if the user is known, or is not.
void put_administrator(Desk& desk, const std::string& username, const NewPassword& wanted, Now now,
                       std::function<void(const Result<void>&)> done);
enum class Login : std::uint8_t {
  wrong,
  good,
  change_first,  ///< it is the password that everybody knows
};
/// Takes as long for a user that is not known. As long as dashboard.default_user.login has no row of its own,
/// the password of the configuration counts.
void check_administrator(Desk& desk, const std::string& username, const std::string& password,
                         std::function<void(Login)> done);

}  // namespace meshmq::admin
