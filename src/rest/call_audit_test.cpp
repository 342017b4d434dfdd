#include "rest/call_audit.hpp"

#include <gtest/gtest.h>

namespace meshmq::rest {
namespace {

TEST(CallAudit, WhatOnlyLooksOrPublishesIsNotRecorded) {
  for (const Route* route : all_routes()) {
    const bool reads = route->method == "GET";
    EXPECT_FALSE(reads && changes_something(*route)) << route->path;
  }
  const auto changes = [](std::string_view method, std::string_view path) {
    return changes_something(*find_route(method, path).route);
  };
  EXPECT_TRUE(changes("DELETE", "/api/v4/clients/joe"));
  EXPECT_TRUE(changes("POST", "/api/v4/banned"));
  EXPECT_TRUE(changes("POST", "/api/v4/trace"));
  EXPECT_FALSE(changes("POST", "/api/v4/mqtt/publish"));
  EXPECT_FALSE(changes("POST", "/api/v4/trace_explain"));
}

TEST(CallAudit, SecretsAreLeftOut) {
  EXPECT_EQ(body_without_secrets(R"({"username":"joe","password":"x","more":[{"old_pwd":"y","secret":1}]})"),
            R"({"username":"joe","password":"***","more":[{"old_pwd":"***","secret":"***"}]})");
  EXPECT_EQ(body_without_secrets("password=x"), "");
  EXPECT_LE(body_without_secrets("{\"a\":\"" + std::string(5000, 'x') + "\"}").size(), 1024U);
}

TEST(CallAudit, OutcomesAreWords) {
  EXPECT_EQ(outcome_of({.body = R"({"code":0})"}), "ok");
  EXPECT_EQ(outcome_of({.body = R"({"data":{"code":7},"code":0})"}), "ok");
  EXPECT_EQ(outcome_of({.body = R"({"code":108,"message":"no"})"}), "code 108");
  EXPECT_EQ(outcome_of({.body = R"({"data":[{"key":"a","result":"changed"},{"key":"b","result":"refused",)"
                                R"("message":"no"}],"code":0})"}),
            "refused: b: no");
  EXPECT_EQ(outcome_of({.body = R"({"data":[{"key":"a","result":"restart"}],"code":0})"}), "ok");
  EXPECT_EQ(outcome_of({.body = R"({"data":[{"code":0},{"code":112},{"code":108}],"code":0})"}),
            "code 112 for 2 of 3");
  EXPECT_EQ(outcome_of({.status = 403, .body = "no"}), "status 403");
}

}  // namespace
}  // namespace meshmq::rest
