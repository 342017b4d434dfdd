#include "sasl/scram.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "sasl/base64.hpp"
#include "sasl/saslprep.hpp"
#include "sasl/scram_message.hpp"

namespace meshmq::sasl {
namespace {

using namespace std::literals;

/// The exchange that RFC 7677 shows in section 3.
constexpr auto server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr auto first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr auto last =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
    "Ute9ytag9zjfMHgsqmmiz7AndVQ=";

ScramVerifier rfc_verifier() {
  return make_scram_verifier(Digest::sha256, "pencil", *from_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
}

/// A client of ours.
std::string proof(Digest digest, std::string_view password, const ScramVerifier& verifier,
                  const std::string& auth_message) {
  const std::string salted = pbkdf2(digest, password, verifier.salt, verifier.iterations);
  std::string key = hmac(digest, salted, "Client Key");
  const std::string signature = hmac(digest, hash(digest, key), auth_message);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ signature[i]);
  return to_base64(key);
}

std::string error_of(const Result<std::string>& result) {
  return result ? "" : result.error().message;
}

TEST(Scram, TheExchangeOfTheRfcSucceeds) {
  ScramExchange exchange(Digest::sha256, server_nonce);
  ASSERT_TRUE(exchange.begin(first));
  EXPECT_EQ(exchange.username(), "user");
  EXPECT_EQ(exchange.challenge(rfc_verifier()),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto answer = exchange.finish(last);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(Scram, Sha512IsTheSameWithLongerKeys) {
  const auto verifier = make_scram_verifier(Digest::sha512, "geheim", "0123456789abcdef", 4096);
  EXPECT_EQ(verifier.stored_key.size(), 64U);
  for (const char* password : {"geheim", "Geheim"}) {
    ScramExchange exchange(Digest::sha512, "SERVER");
    ASSERT_TRUE(exchange.begin("y,a=j=2C=3Doe,n=j=2C=3Doe,r=CLIENT,ext=1"));
    EXPECT_EQ(exchange.username(), "j,=oe");
    const std::string challenge = exchange.challenge(verifier);
    const std::string bare = "c=" + to_base64("y,a=j=2C=3Doe,") + ",r=CLIENTSERVER";
    const std::string all = fmt::format("n=j=2C=3Doe,r=CLIENT,ext=1,{},{}", challenge, bare);
    const std::string proven = proof(Digest::sha512, password, verifier, all);
    EXPECT_EQ(exchange.finish(fmt::format("{},p={}", bare, proven)).has_value(), password == "geheim"sv);
  }
}

TEST(Scram, WhatIsNotProvenIsRefused) {
  ScramExchange exchange(Digest::sha256, server_nonce);
  ASSERT_TRUE(exchange.begin(first));
  exchange.challenge(rfc_verifier());
  const std::string good = last;
  const auto with = [&](std::string_view part, std::string_view other) {
    std::string changed = good;
    return error_of(exchange.finish(changed.replace(changed.find(part), part.size(), other)));
  };
  EXPECT_EQ(with("dHzb", "eHzb"), "SCRAM: the proof is wrong");
  EXPECT_EQ(with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", ",p=dHzb"), "SCRAM: the proof is wrong");
  EXPECT_EQ(with("F$k0", "F$k1"), "SCRAM: another nonce");
  EXPECT_EQ(with("biws", "eSws"), "SCRAM: another GS2 header than at first");
  EXPECT_EQ(with("biws", "biw"), "SCRAM: no channel binding data");
  EXPECT_EQ(with(",p=", ",q="), "SCRAM: no proof");
  EXPECT_EQ(with("VQ=", "VR="), "SCRAM: no proof") << "stray bits";
  EXPECT_EQ(with("c=", "b="), "SCRAM: no channel binding data");
}

TEST(Scram, FirstMessagesThatAreNone) {
  for (const char* message : {"",
                              "n",
                              "n,",
                              "n,,",
                              "p=tls-unique,,n=user,r=x",
                              "n,,m=ext,n=user,r=x",
                              "n,,r=x",
                              "n,,n=,r=x",
                              "n,,n=user",
                              "n,,n=user,r=",
                              "n,,n=us=er,r=x",
                              "n,,n=us=2,r=x",
                              "n,,n=user,r=a b",
                              "n,a=,n=user,r=x",
                              "n,b=x,n=user,r=x",
                              "x,,n=user,r=x",
                              "n,,n=user,x=1,r=x",
                              "n,a=other,n=user,r=x",
                              "n,,n=\xFF\xFE,r=x",
                              "n,,n=\x01,r=x"}) {
    ScramExchange exchange(Digest::sha256, "S");
    const auto begun = exchange.begin(message);
    ASSERT_FALSE(begun) << message;
    EXPECT_EQ(begun.error().code, Errc::malformed);
  }
}

TEST(Scram, ANameThatNobodyHasLooksLikeOneThatSomebodyHas) {
  const auto mock = make_mock_verifier(Digest::sha256, "nobody", "secret", 4096);
  EXPECT_EQ(mock, make_mock_verifier(Digest::sha256, "nobody", "secret", 4096));
  EXPECT_NE(mock.salt, make_mock_verifier(Digest::sha256, "nobody2", "secret", 4096).salt);
  EXPECT_NE(mock.salt, make_mock_verifier(Digest::sha256, "nobody", "other", 4096).salt);
  EXPECT_EQ(mock.salt.size(), 16U);
  ScramExchange exchange(Digest::sha256, server_nonce);
  ASSERT_TRUE(exchange.begin(first));
  exchange.challenge(mock);
  EXPECT_EQ(error_of(exchange.finish(last)), "SCRAM: the proof is wrong");
}

TEST(Scram, MechanismsHaveNames) {
  EXPECT_EQ(scram_digest("SCRAM-SHA-256"), Digest::sha256);
  EXPECT_EQ(scram_digest("SCRAM-SHA-512"), Digest::sha512);
  EXPECT_FALSE(scram_digest("SCRAM-SHA-1"));
  EXPECT_FALSE(scram_digest("scram-sha-256"));
}

TEST(Saslprep, HasTheExamplesOfTheRfc) {
  EXPECT_EQ(saslprep("I\xC2\xADX"), "IX");
  EXPECT_EQ(saslprep("user"), "user");
  EXPECT_EQ(saslprep("USER"), "USER");
  EXPECT_EQ(saslprep("\xC2\xAA"), "a");
  EXPECT_EQ(saslprep("\xE2\x85\xA8"), "IX");
  EXPECT_FALSE(saslprep("\x07"));
  EXPECT_FALSE(saslprep("\xD8\xA7\x31"));
  EXPECT_FALSE(saslprep(""));
  EXPECT_FALSE(saslprep("a\0b"sv));
  EXPECT_FALSE(saslprep("\xC3"));
}

TEST(Base64, IsTakenBackOnlyAsItIsWritten) {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFF\xFE\xFD"}) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9v=", "Zm 9v", "Zm9v\n", "=", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace meshmq::sasl
