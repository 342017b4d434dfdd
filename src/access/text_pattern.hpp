#pragma once
// Regular expressions of rules: {user, {re, "^meter-"}}.

#include <memory>
#include <string>

#include "base/result.hpp"
#include "broker/acl_rule.hpp"

namespace meshmq::access {

/// Matches anywhere in a text unless it is anchored. RE2's syntax, that of Perl without back references and
/// look-around: the time for a match is linear, whatever clients call themselves. Fails with what is wrong.
Result<std::shared_ptr<const broker::TextPattern>> make_text_pattern(const std::string& expression);

}  // namespace meshmq::access
