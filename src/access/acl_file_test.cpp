#include "access/acl_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "broker/client_acl.hpp"

namespace meshmq::access {
namespace {

using broker::AclClient;
using broker::ClientAcl;
using broker::ClientAclPtr;

constexpr AclClient joe{.client_id = "meter-7", .username = "joe", .address = {"\x0A\1\2\3", 4}};
constexpr AclClient nobody{.client_id = "x", .username = "", .address = {"\x7F\0\0\1", 4}};

ClientAclPtr acl_of(std::string_view text, const AclClient& client, bool otherwise = false) {
  const AclFile file = parse_acl(text, "acl.conf");
  EXPECT_TRUE(file.errors.empty()) << file.errors.front();
  const broker::AclRulesPtr layers[] = {file.rules};
  return ClientAcl::make(layers, client, otherwise);
}

std::string error_of(std::string_view text) {
  const AclFile file = parse_acl(text, "acl.conf");
  std::string all;
  for (const std::string& error : file.errors) all += error + "\n";
  return all;
}

TEST(AclFile, HasAllFormsOfWho) {
  struct Example {
    const char* who;
    bool joe;
    bool nobody;
  };
  for (const auto& [who, is_joe, is_nobody] :
       std::initializer_list<Example>{{"all", true, true},
                                      {"{user, \"joe\"}", true, false},
                                      {"{user, <<\"joe\">>}", true, false},
                                      {"{user, all}", true, true},
                                      {"{user, {re, \"^j.e$\"}}", true, false},
                                      {"{user, {re, \"\"}}", true, false},
                                      {"{client, \"x\"}", false, true},
                                      {"{client, all}", true, true},
                                      {"{client, {re, \"^meter-[0-9]+$\"}}", true, false},
                                      {"{client, {re, \"meter\"}}", true, false},
                                      {"{ipaddr, \"127.0.0.1\"}", false, true},
                                      {"{ipaddr, \"10.0.0.0/8\"}", true, false},
                                      {"{ipaddrs, [\"127.0.0.1\", \"10.1.0.0/16\"]}", true, true},
                                      {"{'and', [{user, \"joe\"}, {ipaddr, \"10.0.0.0/8\"}]}", true, false},
                                      {"{'and', [{user, \"joe\"}, {client, \"x\"}]}", false, false},
                                      {"{'or', [{user, \"joe\"}, {client, \"x\"}]}", true, true},
                                      {"{'or', [{'and', [all, all]}, {client, \"y\"}]}", true, true},
                                      {"{'or', []}", false, false},
                                      {"{'and', []}", true, true}}) {
    const std::string rule = std::string("{allow, ") + who + ", publish, [\"t\"]}.";
    EXPECT_EQ(acl_of(rule, joe)->may_publish("t"), is_joe) << rule;
    EXPECT_EQ(acl_of(rule, nobody)->may_publish("t"), is_nobody) << rule;
  }
}

TEST(AclFile, HasAllFormsOfTopics) {
  const auto acl = acl_of(
      "%% comment\n"
      "{allow, all, publish, [\"a/#\", <<\"b\">>, {eq, \"c/+\"}, \"u/%u\"]}.\n"
      "{allow, all, subscribe, \"alone\"}.\n"
      "{deny, all, pubsub, []}.",
      joe);
  EXPECT_TRUE(acl->may_publish("a/b/c"));
  EXPECT_TRUE(acl->may_publish("b"));
  EXPECT_FALSE(acl->may_publish("c/x"));
  EXPECT_TRUE(acl->may_publish("u/joe"));
  EXPECT_FALSE(acl->may_publish("alone"));
  EXPECT_TRUE(acl->may_subscribe("alone"));
  EXPECT_TRUE(acl_of("{allow, all}.", joe)->may_subscribe("#"));
  EXPECT_FALSE(acl_of("{deny, all}.", joe, true)->may_publish("x"));
}

TEST(AclFile, SaysOfEveryMistakeWhereItIsAndWhatWasExpected) {
  EXPECT_EQ(error_of("{alow, all}."), "acl.conf:1: expected allow or deny, not alow\n");
  EXPECT_EQ(error_of("{allow, all}.\n\n{deny,\n all, publsh, [\"a\"]}.\n{allow, none}."),
            "acl.conf:3: expected publish, subscribe or pubsub, not publsh\n"
            "acl.conf:5: expected all, not none\n");
  EXPECT_EQ(error_of("allow."),
            "acl.conf:1: expected {allow | deny, all} or {allow | deny, Who, publish | subscribe | pubsub, "
            "[Topic]}, not allow\n");
  EXPECT_EQ(error_of("{allow, {usr, \"a\"}, publish, [\"a\"]}."),
            "acl.conf:1: expected all, {user, _}, {client, _}, {ipaddr, _}, {ipaddrs, [_]}, {'and', [_]} or "
            "{'or', [_]}, not {usr,\"a\"}\n");
  EXPECT_EQ(error_of("{allow, {user, joe}, publish, [\"a\"]}."),
            "acl.conf:1: expected a name as text, all or {re, _}, not joe\n");
  EXPECT_EQ(error_of("{allow, {ipaddr, \"10.0.0.0/33\"}, publish, [\"a\"]}."),
            "acl.conf:1: expected an address such as \"10.0.0.1\" or \"10.0.0.0/8\", not \"10.0.0.0/33\"\n");
  EXPECT_EQ(error_of("{allow, {user, {re, \"(\"}}, publish, [\"a\"]}."),
            "acl.conf:1: \"(\" is no regular expression: missing ): (\n");
  EXPECT_EQ(error_of("{allow, all, publish, [\"a#\"]}."),
            "acl.conf:1: expected a topic filter as text, or {eq, _}, not \"a#\"\n");
  EXPECT_EQ(error_of("{allow, {'and', all}, publish, [\"a\"]}."), "acl.conf:1: expected a list, not all\n");
  EXPECT_EQ(error_of("{allow, all}.\n{allow, all"), "acl.conf:2:12: expected , or } but the file ends\n");
}

TEST(AclFile, ThatCannotBeReadIsAnError) {
  const AclFile file = read_acl_file("/no/such/acl.conf");
  ASSERT_EQ(file.errors.size(), 1U);
  EXPECT_EQ(file.errors[0], "cannot read /no/such/acl.conf: No such file or directory");
}

TEST(AclFile, TheShippedFileHoldsTheDefaultRules) {
  std::ifstream file(MESHMQ_SOURCE_DIR "/etc/acl.conf");
  ASSERT_TRUE(file.is_open());
  std::string rules;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("%") && !(line.empty() && rules.empty())) rules += line + "\n";
  }
  EXPECT_EQ(rules, default_acl());
  const auto local = acl_of(default_acl(), nobody);
  EXPECT_TRUE(local->may_subscribe("#"));
  const auto other = acl_of(default_acl(), joe);
  EXPECT_FALSE(other->may_subscribe("#"));
  EXPECT_FALSE(other->may_subscribe("$SYS/#"));
  EXPECT_TRUE(other->may_subscribe("a/#"));
}

}  // namespace
}  // namespace meshmq::access
