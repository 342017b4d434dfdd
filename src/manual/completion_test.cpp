#include <gtest/gtest.h>

#include "manual/manual.hpp"
#include "manual/words.hpp"

namespace meshmq::manual {
namespace {

using Words = std::set<std::string>;

TEST(NextWordsTest, EndWhereTheUserChooses) {
  NextWords words;
  add_form(words, "acl add clientid <Clientid> <Topic> <Action>");
  add_form(words, "acl add _all <Topic>");
  add_form(words, "listeners stop    <Identifier>");
  add_form(words, "cluster evacuate start [--rate <N>]");
  add_form(words, "cluster evacuate stop|status");
  EXPECT_EQ(words[""], (Words{"acl", "listeners", "cluster"}));
  EXPECT_EQ(words["acl"], (Words{"add"}));
  EXPECT_EQ(words["acl add"], (Words{"clientid", "_all"}));
  EXPECT_EQ(words["cluster evacuate"], (Words{"start", "stop", "status"}));
  EXPECT_FALSE(words.contains("acl add clientid"));
}

TEST(NextWordsTest, AreThoseOfTheTables) {
  const NextWords ctl = words_of_meshmq_ctl();
  EXPECT_TRUE(ctl.at("").contains("cluster"));
  EXPECT_TRUE(ctl.at("conf").contains("reload"));
  EXPECT_TRUE(words_of_meshmq().at("").contains("check-config"));
}

TEST(Completion, IsOfBothProgramsAndNotMixed) {
  const std::string bash = bash_completion();
  EXPECT_NE(bash.find("\"cluster\") next=\""), std::string::npos);
  EXPECT_NE(bash.find("complete -F _meshmq_ctl meshmq_ctl\n"), std::string::npos);
  EXPECT_TRUE(zsh_completion("meshmq_ctl").starts_with("#compdef meshmq_ctl\n"));
  EXPECT_EQ(zsh_completion("meshmq").find("cluster"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::manual
