#include "front/access_rules.hpp"

#include <gtest/gtest.h>

#include "front/peer_address.hpp"

namespace meshmq::front {
namespace {

bool allowed(const std::vector<const char*>& lines, std::string_view address) {
  AccessRules rules;
  for (const char* line : lines) {
    auto rule = AccessRule::parse(line);
    EXPECT_TRUE(rule) << line;
    if (rule) rules.add(*std::move(rule));
  }
  return rules.allow(parse_address(address).value());
}

TEST(AccessRules, TheFirstThatSpeaksOfAnAddressDecides) {
  EXPECT_TRUE(allowed({}, "10.0.0.1"));
  EXPECT_TRUE(allowed({"deny 10.0.0.2"}, "10.0.0.1"));
  EXPECT_FALSE(allowed({"deny 10.0.0.1", "allow all"}, "10.0.0.1"));
  EXPECT_TRUE(allowed({"allow 10.0.0.1", "deny all"}, "10.0.0.1"));
  EXPECT_FALSE(allowed({"allow 10.0.0.1", "deny all"}, "::1"));
}

TEST(AccessRules, KnowNetworksOfBothFamilies) {
  EXPECT_FALSE(allowed({"deny 192.168.0.0/16"}, "192.168.255.1"));
  EXPECT_TRUE(allowed({"deny 192.168.0.0/16"}, "192.169.0.1"));
  EXPECT_FALSE(allowed({"deny 10.0.0.8/29"}, "10.0.0.15"));
  EXPECT_TRUE(allowed({"deny 10.0.0.8/29"}, "10.0.0.16"));
  EXPECT_FALSE(allowed({"deny 0.0.0.0/0"}, "1.2.3.4"));
  EXPECT_TRUE(allowed({"deny 0.0.0.0/0"}, "::1"));
  EXPECT_FALSE(allowed({"deny 2001:db8::/33"}, "2001:db8:7fff::1"));
  EXPECT_TRUE(allowed({"deny 2001:db8::/33"}, "2001:db8:8000::1"));
}

TEST(AccessRules, SeeThroughIpv6Clothes) {
  EXPECT_FALSE(allowed({"deny 10.0.0.0/8"}, "::ffff:10.1.1.1"));
  EXPECT_FALSE(allowed({"deny ::ffff:10.0.0.0/104"}, "10.1.1.1"));
  EXPECT_TRUE(allowed({"deny ::ffff:10.0.0.0/104"}, "11.1.1.1"));
}

TEST(AccessRules, SayWhatIsExpected) {
  for (const char* line : {"", "allow", "permit all", "allow 10.0.0", "allow 10.0.0.0/33", "allow ::/129",
                           "deny 10.0.0.0/", "deny 10.0.0.0/-1", "deny all x", "allow host"}) {
    EXPECT_FALSE(AccessRule::parse(line)) << line;
  }
}

}  // namespace
}  // namespace meshmq::front
