#pragma once
// A packet's line of a script -> its bytes.

#include <string>
#include <string_view>

#include "conformance/fields.hpp"
#include "mqtt/types.hpp"

namespace meshmq::conformance {

/// `line` begins with the packet's name, in the words of mqtt::testing::describe(), or with `hex` and the
/// notation of mqtt::testing::bytes_from(). `version` is changed by the v3, v4 or v5 of a CONNECT. Throws
/// ScriptError.
std::string bytes_of(std::string_view line, mqtt::Version& version, const Variables& variables);

}  // namespace meshmq::conformance
