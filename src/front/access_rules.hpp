#pragma once
// Who may connect to a listener: listener.*.access.<n>.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "front/address_range.hpp"

namespace meshmq::front {

/// `allow all`, `deny 10.0.0.0/8`, `allow 2001:db8::1`. An IPv4 address in IPv6 clothes counts as IPv4.
class AccessRule {
 public:
  /// Fails with what was expected.
  static Result<AccessRule> parse(std::string_view text);

  /// Nothing: the rule does not speak of this address (4 or 16 bytes).
  std::optional<bool> judge(std::string_view raw_address) const;

 private:
  bool allow_ = false;
  bool all_ = false;
  AddressRange range_;
};

/// In order: the first rule that speaks of an address decides; if none does, it may connect.
class AccessRules {
 public:
  void add(AccessRule rule) { rules_.push_back(std::move(rule)); }
  bool allow(std::string_view raw_address) const;
  bool empty() const { return rules_.empty(); }

 private:
  std::vector<AccessRule> rules_;
};

}  // namespace meshmq::front
