#include "sasl/password_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace meshmq::sasl {
namespace {

constexpr auto salt = "0123456789abcdef";
constexpr auto schemes = {"argon2id", "plain", "md5", "sha", "sha256", "sha512"};

TEST(PasswordHash, OnlyThePasswordFits) {
  std::set<std::string> hashes;
  for (const char* scheme : schemes) {
    const std::string hash = hash_password({.scheme = scheme}, "public", salt);
    hashes.insert(hash);
    EXPECT_TRUE(password_fits(hash, "public")) << hash;
    for (const char* wrong : {"", "Public", "publi", "public "}) EXPECT_FALSE(password_fits(hash, wrong));
    const std::string again = hash_password({.scheme = scheme}, "public", "fedcba9876543210");
    EXPECT_EQ(again == hash, scheme == std::string("plain")) << "the salt counts";
    const std::string empty = hash_password({.scheme = scheme}, "", salt);
    EXPECT_TRUE(password_fits(empty, ""));
    EXPECT_FALSE(password_fits(empty, "x"));
  }
  EXPECT_EQ(hashes.size(), 6U);
}

TEST(PasswordHash, IsTheDigestOfSaltAndPassword) {
  EXPECT_EQ(hash_password({.scheme = "sha256"}, "public", "salt"),
            "sha256$c2FsdA==$8u9/mu2yw7UEC8FmkaEXd1ipKtkeHud3cCFaMyv2CZ8=");
}

TEST(PasswordHash, OfArgon2NamesWhatItCosts) {
  const std::string hash = hash_password({.memory_kib = 256, .iterations = 2}, "public", salt);
  EXPECT_EQ(hash.substr(0, 33), "$argon2id$v=19$m=256,t=2,p=1$MDEy");
}

TEST(PasswordHash, WhatCannotBeReadFitsNothing) {
  for (const char* hash : {"", "sha256", "sha256$", "sha256$$", "sha256$c2FsdA==$!!", "crc$c2FsdA==$AAAA",
                           "plain", "plain$", "$argon2id$", "$argon2id$v=19$m=1,t=1,p=1$x$y", "x$y$z"}) {
    EXPECT_FALSE(password_fits(hash, "")) << hash;
    EXPECT_FALSE(password_fits(hash, "public")) << hash;
  }
}

}  // namespace
}  // namespace meshmq::sasl
