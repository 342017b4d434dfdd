#pragma once
// `%c` and `%u` in topics that operators write: who the client is.

#include <optional>
#include <string>
#include <string_view>

namespace meshmq::topic {

struct ClientNames {
  std::string_view client_id;
  std::string_view username;  ///< empty: none
};

/// `%c` becomes the client id, `%u` the user name; without a user name `%u` stays. Nothing if a name that is
/// put in has a wildcard: who is called `+` shall not see what is of others.
std::optional<std::string> put_names(std::string_view pattern, const ClientNames& names);

}  // namespace meshmq::topic
