#include "rest/credentials.hpp"

#include <gtest/gtest.h>

namespace meshmq::rest {
namespace {

using namespace std::chrono_literals;

Now at(Duration time) {
  return {TimePoint(1h + time), 0};
}

TEST(CredentialsTest, AreReadFromTheHeader) {
  const auto credential = basic_credential("Basic YTpiOmM=");
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->id, "a");
  EXPECT_EQ(credential->secret, "b:c");
  for (const char* header : {"", "Basic", "Basic ", "Bearer YTpi", "Basic YQ==", "Basic YTpi*"})
    EXPECT_FALSE(basic_credential(header)) << header;
}

TEST(CredentialsTest, SecretsAreCompared) {
  EXPECT_TRUE(same_secret("public", "public"));
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_FALSE(same_secret("public", "publi"));
  EXPECT_FALSE(same_secret("", "public"));
  EXPECT_FALSE(same_secret("public", ""));
  EXPECT_FALSE(same_secret("aa", "a"));
}

TEST(LoginGuardTest, EachFailureDoublesTheWait) {
  LoginGuard guard;
  for (unsigned i = 1; i < LoginGuard::free_attempts; ++i) guard.failed("a", at(0s));
  EXPECT_EQ(guard.wait("a", at(0s)), 0s);
  guard.failed("a", at(0s));
  EXPECT_EQ(guard.wait("a", at(0s)), 1s);
  EXPECT_EQ(guard.wait("b", at(0s)), 0s);
  EXPECT_EQ(guard.wait("a", at(1s)), 0s);
  guard.failed("a", at(1s));
  EXPECT_EQ(guard.wait("a", at(1s)), 2s);
  for (int i = 0; i < 100; ++i) guard.failed("a", at(1s));
  EXPECT_EQ(guard.wait("a", at(1s)), LoginGuard::wait_max);
  guard.succeeded("a");
  EXPECT_EQ(guard.wait("a", at(1s)), 0s);
}

TEST(LoginGuardTest, ForgetsAndIsBounded) {
  LoginGuard guard;
  for (unsigned i = 0; i < LoginGuard::free_attempts; ++i) guard.failed("a", at(0s));
  guard.failed("a", at(LoginGuard::memory));
  EXPECT_EQ(guard.wait("a", at(LoginGuard::memory)), 0s) << "counted anew";
  for (std::size_t i = 0; i < LoginGuard::addresses_max; ++i) guard.failed(std::to_string(i), at(1h));
  for (unsigned i = 0; i < LoginGuard::free_attempts; ++i) guard.failed("late", at(1h));
  EXPECT_EQ(guard.wait("late", at(1h)), 0s) << "there is no room to remember it";
}

}  // namespace
}  // namespace meshmq::rest
