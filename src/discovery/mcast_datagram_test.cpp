#include "discovery/mcast_datagram.hpp"

#include <gtest/gtest.h>

namespace meshmq::discovery {
namespace {

const McastDatagram sample{McastDatagram::Kind::pong, "blue", "a@10.0.0.1"};

Errc error_of(const std::string& bytes, std::string_view cluster = "blue",
              std::string_view cookie = "secret") {
  const auto read = McastDatagram::decode(bytes, cluster, cookie);
  EXPECT_FALSE(read);
  return read ? Errc::io : read.error().code;
}

TEST(McastDatagramTest, ComesBackAsItWas) {
  const auto read = McastDatagram::decode(sample.encode("secret"), "blue", "secret");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, McastDatagram::Kind::pong);
  EXPECT_EQ(read->node, "a@10.0.0.1");
}

TEST(McastDatagramTest, OtherClustersAndOtherCookiesAreToldApart) {
  const std::string bytes = sample.encode("secret");
  EXPECT_EQ(error_of(bytes, "red"), Errc::unsupported);
  EXPECT_EQ(error_of(bytes, "blue", "other"), Errc::refused);
  EXPECT_EQ(error_of(bytes, "red", "other"), Errc::unsupported);
}

TEST(McastDatagramTest, NoByteCanBeChangedAndNoneLost) {
  const std::string bytes = sample.encode("secret");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(McastDatagram::decode(changed, "blue", "secret")) << i;
    EXPECT_FALSE(McastDatagram::decode(bytes.substr(0, i), "blue", "secret")) << i;
  }
}

TEST(McastDatagramTest, TheCookieIsNotInIt) {
  EXPECT_EQ(sample.encode("secret").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::discovery
