#pragma once
// Expected failures are values: a function that can fail for a reason outside the program returns Result<T>.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace meshmq {

/// What went wrong, as far as a caller may want to branch on it. The text is for people.
enum class Errc {
  malformed,       ///< bytes or text that no peer should have sent
  limit_exceeded,  ///< a configured limit; the message names the key that raises it
  not_found,
  already_exists,
  refused,      ///< the other side said no
  unreachable,  ///< nobody answered
  timed_out,
  unsupported,
  invalid_argument,
  io,  ///< the operating system failed us
};

struct Error {
  Errc code;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Builds the failure side of any Result: `return fail(Errc::malformed, "packet id is 0");`
inline tl::unexpected<Error> fail(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace meshmq
