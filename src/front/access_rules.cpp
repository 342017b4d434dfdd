#include "front/access_rules.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::front {

namespace {

constexpr const char* expected =
    "`allow all`, `deny all`, or allow or deny with an address such as 10.0.0.1 or 10.0.0.0/8";

}  // namespace

Result<AccessRule> AccessRule::parse(std::string_view text) {
  AccessRule rule;
  const std::size_t blank = std::min(text.find(' '), text.size());
  const std::string_view verb = text.substr(0, blank);
  std::string_view who = text.substr(blank);
  who.remove_prefix(std::min(who.find_first_not_of(' '), who.size()));
  if (verb != "allow" && verb != "deny") return fail(Errc::invalid_argument, expected);
  rule.allow_ = verb == "allow";
  if (who == "all") {
    rule.all_ = true;
    return rule;
  }
  const auto range = AddressRange::parse(who);
  if (!range) return fail(Errc::invalid_argument, expected);
  rule.range_ = *range;
  return rule;
}

std::optional<bool> AccessRule::judge(std::string_view raw_address) const {
  if (all_ || range_.contains(raw_address)) return allow_;
  return std::nullopt;
}

bool AccessRules::allow(std::string_view raw_address) const {
  for (const AccessRule& rule : rules_) {
    if (const auto verdict = rule.judge(raw_address)) return *verdict;
  }
  return true;
}

}  // namespace meshmq::front
