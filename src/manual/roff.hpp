#pragma once
// Text for roff.

#include <string>
#include <string_view>

namespace meshmq::manual {

/// One line, so that it is printed as it is.
std::string roff(std::string_view text);

}  // namespace meshmq::manual
