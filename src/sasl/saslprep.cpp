#include "sasl/saslprep.hpp"

#include <stringprep.h>

#include <cstdlib>
#include <memory>

namespace meshmq::sasl {

namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }
};

}  // namespace

std::optional<std::string> saslprep(std::string_view text) {
  // The library takes texts that end in NUL.
  if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
  char* out = nullptr;
  const int code = stringprep_profile(std::string(text).c_str(), &out, "SASLprep",
                                      static_cast<Stringprep_profile_flags>(0));
  const std::unique_ptr<char, Free> owned(out);
  if (code != STRINGPREP_OK || owned == nullptr || *owned == '\0') return std::nullopt;
  return std::string(owned.get());
}

}  // namespace meshmq::sasl
