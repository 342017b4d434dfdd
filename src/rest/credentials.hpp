#pragma once
// Who asks, and how often somebody may guess.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/message.hpp"

namespace meshmq::rest {

struct Credential {
  std::string id;
  std::string secret;
};

/// Of the header `Authorization: Basic ...`; nothing if it is none.
std::optional<Credential> basic_credential(std::string_view header);
/// Whether a page of another site sends it ([RFC 6454] Origin).
bool has_foreign_origin(const http::Request& request);
/// Takes as long wherever they differ.
bool same_secret(std::string_view a, std::string_view b);

/// Slows down guessing: an address that was wrong `free_attempts` times waits, twice as long each time, up to
/// `wait_max`. Thread rule: one owner.
class LoginGuard {
 public:
  static constexpr unsigned free_attempts = 5;
  static constexpr Duration wait_min = std::chrono::seconds(1);
  static constexpr Duration wait_max = std::chrono::minutes(1);
  /// After so long without a failure an address is forgotten.
  static constexpr Duration memory = std::chrono::minutes(10);
  static constexpr std::size_t addresses_max = 4096;

  /// How long this address has to wait; 0: it may try.
  Duration wait(std::string_view address, Now now) const;
  void failed(const std::string& address, Now now);
  void succeeded(std::string_view address);

 private:
  struct Failures {
    unsigned count = 0;
    TimePoint last{};
    TimePoint until{};
  };
  std::map<std::string, Failures, std::less<>> failures_;
};

}  // namespace meshmq::rest
