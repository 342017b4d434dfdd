// Whatever comes in has exactly one answer, and every answer of the API is JSON.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "admin/desk_harness.hpp"
#include "base/random.hpp"
#include "rest/office.hpp"
#include "sasl/base64.hpp"

namespace meshmq::rest {
namespace {

class HostileTest : public admin::testing::DeskTest {
 protected:
  HostileTest() { desk_->defaults = {.application = {"admin", "public"}, .user = {"boss", "public"}}; }

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.below(limit)); }

  /// A value for a parameter, a level of a path or a member.
  std::string word() {
    constexpr const char* words[] = {"",
                                     "a",
                                     "%2F",
                                     "%",
                                     "%zz",
                                     "a/b",
                                     "+",
                                     "#",
                                     "$share/g/t",
                                     "\xff",
                                     "known",
                                     "-1",
                                     "0",
                                     "99999999999999999999",
                                     "1",
                                     "[",
                                     "true",
                                     "10.0.0.1",
                                     "clientid",
                                     "meshmq@127.0.0.1",
                                     "other@127.0.0.1"};
    return words[below(std::size(words))];
  }
  std::string target_of(const Route& route) {
    std::string target;
    for (const char c : full_path(route)) target += c;
    for (std::size_t at = 0; (at = target.find(':', at)) != std::string::npos;) {
      const std::size_t end = std::min(target.find('/', at), target.size());
      target.replace(at, end - at, word());
    }
    target += '?';
    for (const Parameter& parameter : route.query) {
      if (below(2) == 0) target.append(parameter.name).append("=").append(word()).append("&");
    }
    return target;
  }
  std::string value() {
    constexpr const char* values[] = {
        "1",         "-5",      "null",  "true",     "[]",         "{}",   "1e300",
        "\"known\"", "\"a/+\"", "\"t\"", "\"AQI=\"", "\"base64\"", "\"\"", "9223372036854775807"};
    return values[below(std::size(values))];
  }
  std::string object() {
    constexpr const char* names[] = {"topic",  "topics",   "payload", "encoding", "qos",
                                     "retain", "clientid", "who",     "as",       "until",
                                     "app_id", "expired",  "status",  "tags",     "name"};
    std::string text = "{";
    for (std::size_t count = below(6); count > 0; --count)
      text.append(text.size() > 1 ? "," : "").append("\"") +=
          std::string(names[below(std::size(names))]) + "\":" + value();
    return text + "}";
  }
  std::string body() {
    std::string text = below(3) == 0 ? "[" + object() + "," + object() + "," + value() + "]" : object();
    if (below(8) == 0 && !text.empty()) text[below(text.size())] = static_cast<char>(below(256));
    return text;
  }

  Random random_{7};
  Office office_{*desk_, {.rows_max = 100, .zones = {"external"}}, Logger()};
};

/// Commands that take their time end otherwise: who joins waits for the other node.
bool takes_its_time(const Route& route) {
  return route.path.starts_with("/cluster/") || route.path == "/auth" ||
         route.path.starts_with("/change_pwd") || route.path.starts_with("/users") ||
         route.path.starts_with("/auth_");
}

TEST_F(HostileTest, WhateverComesHasOneAnswer) {
  broker::ClientInfo client;
  client.client_id = "known";
  worker_replies_[1].clients.push_back(client);
  worker_replies_[1].subscriptions.push_back({"known", "a/+", mqtt::QoS::at_least_once});
  const http::Headers headers = {{"authorization", "Basic " + sasl::to_base64("admin:public")}};
  for (int round = 0; round < 60; ++round) {
    for (const Route* route : all_routes()) {
      if (takes_its_time(*route)) continue;
      const http::Request request{.method = std::string(route->method),
                                  .target = target_of(*route),
                                  .headers = headers,
                                  .body = body(),
                                  .peer = "10.0.0.1"};
      int answers = 0;
      office_.handle(request, now_, [&](const http::Response& response) {
        ++answers;
        if (response.content_type != "application/json") return;
        boost::system::error_code error;
        boost::json::parse(response.body, error);
        EXPECT_FALSE(error) << response.body;
      });
      settle();
      EXPECT_EQ(answers, 1) << request.method << " " << request.target << " " << request.body;
    }
  }
}

}  // namespace
}  // namespace meshmq::rest
