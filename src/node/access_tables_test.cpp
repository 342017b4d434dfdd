#include "node/access_tables.hpp"

#include <gtest/gtest.h>

#include <string>

#include "node/access_rows.hpp"

namespace meshmq::node {
namespace {

const Subject ann{SubjectKind::username, "ann"};

template <class Row>
void expect_whole(const Row& row) {
  const std::string bytes = row.encode();
  EXPECT_TRUE(Row::decode(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Row::decode(std::string_view(bytes).substr(0, size))) << size;
  }
  // A later version may have more to say.
  EXPECT_TRUE(Row::decode(bytes + "more"));
}

TEST(AccessRows, AreReadAsTheyWereWritten) {
  const auto user = UserRow::decode(UserRow{.created_at = 7, .hash = "h"}.encode());
  ASSERT_TRUE(user);
  EXPECT_EQ(user->created_at, 7);
  EXPECT_EQ(user->hash, "h");
  const auto ban = BanRow::decode(BanRow{.by = "b", .reason = "r", .at_s = 1, .until_s = 2}.encode());
  ASSERT_TRUE(ban);
  EXPECT_EQ(ban->by + ban->reason, "br");
  EXPECT_EQ(ban->at_s, 1);
  EXPECT_EQ(ban->until_s, 2);
  const sasl::ScramVerifier verifier{.salt = "s", .iterations = 5000, .stored_key = "k", .server_key = "v"};
  const auto scram = ScramRow::decode(ScramRow{.created_at = 3, .verifier = verifier}.encode());
  ASSERT_TRUE(scram);
  EXPECT_EQ(scram->verifier, verifier);
}

TEST(AccessRows, DamagedOnesAreNone) {
  expect_whole(UserRow{.created_at = 7, .hash = "hash"});
  expect_whole(RuleRow{.created_at = 7, .action = broker::AclAction::publish, .allow = true});
  expect_whole(BanRow{.by = "b", .reason = "r", .at_s = 1, .until_s = 2});
  expect_whole(ScramRow{.created_at = 3, .verifier = {.salt = "s", .stored_key = "k", .server_key = "v"}});
}

TEST(AccessRows, KeysTellTheirSubject) {
  EXPECT_EQ(Subject::from_key(ann.key()), ann);
  EXPECT_FALSE(Subject::from_key(""));
  EXPECT_FALSE(Subject::from_key("\x09x"));
  const auto key = rule_from_key(rule_key(ann, "a/+/#"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->subject, ann);
  EXPECT_EQ(key->topic, "a/+/#");
  EXPECT_FALSE(rule_from_key("\x02"));
}

TEST(AccessRows, AnAddressHasOneText) {
  EXPECT_EQ(Subject::of_peerhost("10.0.0.1")->name, "10.0.0.1");
  EXPECT_EQ(Subject::of_peerhost("2001:DB8:0:0::1")->name, "2001:db8::1");
  EXPECT_EQ(Subject::of_peerhost("[::1]")->name, "::1");
  EXPECT_EQ(Subject::of_peerhost("::ffff:10.0.0.1")->name, "10.0.0.1");
  EXPECT_FALSE(Subject::of_peerhost("example.org"));
  EXPECT_FALSE(Subject::of_peerhost("10.0.0.0/8"));
}

}  // namespace
}  // namespace meshmq::node
