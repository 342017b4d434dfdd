#pragma once
// Who has logged in: bearer tokens, for this node and for a while.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace meshmq::rest {

/// Thread rule: one owner. Limit: `tokens_max`; the one that ends first makes room.
class Tokens {
 public:
  static constexpr std::size_t tokens_max = 1000;

  struct Session {
    std::string username;
    std::string hash;  ///< of the password; with another one the login is over
    TimePoint until{};
    bool change_first = false;  ///< may do nothing but choose another password
  };

  explicit Tokens(Duration lifetime) : lifetime_(lifetime) {}

  /// `token` is one that nobody can guess.
  void add(std::string token, Session session, Now now);
  /// nullptr: there is none, or it is over.
  const Session* find(std::string_view token, Now now) const;
  /// Ends one login.
  void end(std::string_view token);
  /// Ends all logins of a user.
  void forget(std::string_view username);
  void set_lifetime(Duration lifetime) { lifetime_ = lifetime; }
  Duration lifetime() const { return lifetime_; }

 private:
  Duration lifetime_;
  std::map<std::string, Session, std::less<>> sessions_;
};

/// Of the header `Authorization: Bearer ...`; empty if it is none.
std::string_view bearer_token(std::string_view header);

}  // namespace meshmq::rest
