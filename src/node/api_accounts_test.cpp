#include "node/api_accounts.hpp"

#include <gtest/gtest.h>

namespace meshmq::node {
namespace {

TEST(ApiAccounts, ApplicationsAreBytes) {
  const Application written{
      .secret = "s", .name = "n", .description = "d", .enabled = false, .expires_s = 1'700'000'000};
  const std::string bytes = written.encode();
  EXPECT_EQ(bytes, std::string("\0\0\0\0\0\x65\x53\xF1\0\0\x01s\0\x01n\0\x01"
                               "d",
                               18));
  const auto read = Application::decode(bytes + "later");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->encode(), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Application::decode(std::string_view(bytes).substr(0, size))) << size;
}

TEST(ApiAccounts, AnApplicationMayEnd) {
  Application application;
  EXPECT_TRUE(application.usable(1));
  application.expires_s = 2;
  EXPECT_TRUE(application.usable(1999));
  EXPECT_FALSE(application.usable(2000));
  application.expires_s = 0;
  application.enabled = false;
  EXPECT_FALSE(application.usable(1));
}

TEST(ApiAccounts, AdministratorsAreBytes) {
  const std::string bytes = Administrator{.hash = "h", .tags = "t"}.encode();
  EXPECT_EQ(bytes, std::string("\0\x01h\0\x01t", 6));
  const auto read = Administrator::decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->hash + read->tags, "ht");
  EXPECT_FALSE(Administrator::decode("\0\x01"));
}

}  // namespace
}  // namespace meshmq::node
