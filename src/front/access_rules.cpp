#include "front/access_rules.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "front/peer_address.hpp"

namespace meshmq::front {

namespace {

constexpr const char* expected =
    "`allow all`, `deny all`, or allow or deny with an address such as 10.0.0.1 or 10.0.0.0/8";

/// How many bits at the front are the same.
bool agree(std::string_view a, std::string_view b, unsigned bits) {
  const std::size_t bytes = bits / 8;
  if (a.size() != b.size() || a.substr(0, bytes) != b.substr(0, bytes)) return false;
  if (bits % 8 == 0) return true;
  const auto difference = static_cast<unsigned char>(a[bytes] ^ b[bytes]);
  return difference >> (8 - bits % 8) == 0;
}

std::string_view without_ipv6_clothes(std::string_view raw) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (raw.size() == 16 && raw.starts_with(mapped)) raw.remove_prefix(mapped.size());
  return raw;
}

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
  const std::size_t slash = std::min(who.find('/'), who.size());
  const auto address = parse_address(who.substr(0, slash));
  if (!address) return fail(Errc::invalid_argument, expected);
  rule.address_ = without_ipv6_clothes(*address);
  rule.bits_ = static_cast<unsigned>(rule.address_.size() * 8);
  if (slash == who.size()) return rule;
  const std::string_view bits = who.substr(slash + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), value);
  if (error != std::errc() || end != bits.data() + bits.size() || value > address->size() * 8)
    return fail(Errc::invalid_argument, expected);
  // Bits of the clothes do not count.
  const auto clothes = static_cast<unsigned>((address->size() - rule.address_.size()) * 8);
  rule.bits_ = value < clothes ? 0 : value - clothes;
  return rule;
}

std::optional<bool> AccessRule::judge(std::string_view raw_address) const {
  if (all_ || agree(without_ipv6_clothes(raw_address), address_, bits_)) return allow_;
  return std::nullopt;
}

bool AccessRules::allow(std::string_view raw_address) const {
  for (const AccessRule& rule : rules_) {
    if (const auto verdict = rule.judge(raw_address)) return *verdict;
  }
  return true;
}

}  // namespace meshmq::front
