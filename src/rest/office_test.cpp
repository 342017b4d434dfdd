#include "rest/office.hpp"

#include <gtest/gtest.h>

#include "admin/desk_harness.hpp"
#include "sasl/base64.hpp"

namespace meshmq::rest {
namespace {

using namespace std::chrono_literals;

class OfficeTest : public admin::testing::DeskTest {
 protected:
  /// `GET /api/v4/nodes` as who may do it, to its end.
  http::Response ask(const std::string& method, const std::string& target, const std::string& body = {},
                     const http::Headers& headers = {}) {
    http::Request request{
        .method = method, .target = target, .headers = headers, .body = body, .peer = "10.0.0.1"};
    if (request.header("authorization").empty())
      request.headers.emplace_back("authorization", "Basic " + sasl::to_base64("admin:public"));
    std::optional<http::Response> answer;
    office_.handle(request, now_, [&answer](http::Response response) {
      EXPECT_FALSE(answer) << "a second answer";
      answer = std::move(response);
    });
    settle();
    EXPECT_TRUE(answer) << "no answer";
    return answer.value_or(http::Response{.status = 0, .body = "no answer"});
  }
  std::string get(const std::string& path) { return ask("GET", "/api/v4" + path).body; }
  std::string post(const std::string& path, const std::string& body) {
    return ask("POST", "/api/v4" + path, body).body;
  }
  unsigned status_with(const std::string& authorization) {
    return ask("GET", "/api/v4/nodes", {}, {{"authorization", authorization}}).status;
  }
  void add_client(std::size_t worker, const std::string& id, const std::string& username = {}) {
    broker::ClientInfo info;
    info.client_id = id;
    info.username = username;
    info.peername = "10.0.0.7:1234";
    info.connected = true;
    info.version = mqtt::Version::v5;
    info.created_at = info.connected_at = 1'700'000'000'000;
    worker_replies_[worker].clients.push_back(info);
  }

  OfficeTest() { desk_->defaults = {.application = {"admin", "public"}, .user = {"boss", "public"}}; }
  std::string put(const std::string& path, const std::string& body) {
    return ask("PUT", "/api/v4" + path, body).body;
  }
  /// The answer's token.
  std::string log_in(const std::string& username, const std::string& password) {
    const std::string answer =
        post("/auth", R"({"username":")" + username + R"(","password":")" + password + "\"}");
    const std::size_t at = answer.find("\"token\":\"");
    return at == std::string::npos ? answer : answer.substr(at + 9, 64);
  }
  http::Response with_token(const std::string& token, const std::string& path) {
    return ask("GET", "/api/v4" + path, {}, {{"authorization", "Bearer " + token}});
  }

  Office office_{*desk_, {.rows_max = 100, .zones = {"external"}}, Logger()};
};

TEST_F(OfficeTest, WhoMayNotIsToldHowToAsk) {
  const http::Response nobody = ask("GET", "/api/v4/nodes", {}, {{"authorization", "none"}});
  EXPECT_EQ(nobody.status, 401U);
  EXPECT_EQ(nobody.body, "UNAUTHORIZED");
  EXPECT_EQ(nobody.headers[0].second, "Basic Realm=\"minirest-server\"");
  EXPECT_EQ(status_with("Basic " + sasl::to_base64("admin:Public")), 401U);
  EXPECT_EQ(status_with("Basic " + sasl::to_base64("Admin:public")), 401U);
  EXPECT_EQ(status_with("Basic " + sasl::to_base64("admin")), 401U);
  EXPECT_EQ(status_with("Basic ???"), 401U);
  EXPECT_EQ(status_with("basic " + sasl::to_base64("admin:public")), 200U);
}

TEST_F(OfficeTest, GuessingIsSlowedDown) {
  for (unsigned i = 0; i < LoginGuard::free_attempts; ++i)
    EXPECT_EQ(status_with("Basic " + sasl::to_base64("admin:guess")), 401U);
  const http::Response slowed = ask("GET", "/api/v4/nodes");
  EXPECT_EQ(slowed.status, 429U);
  EXPECT_EQ(slowed.headers[0], (std::pair<std::string, std::string>("Retry-After", "1")));
  pass(1s);
  EXPECT_EQ(ask("GET", "/api/v4/nodes").status, 200U);
}

TEST_F(OfficeTest, LoadBalancersNeedNoCredentials) {
  const http::Headers nobody = {{"authorization", "none"}};
  EXPECT_EQ(ask("GET", "/status", {}, nobody).body, "Node meshmq@127.0.0.1 is started\nmeshmq is running");
  EXPECT_EQ(ask("GET", "/api/v4/healthz", {}, nobody).status, 200U);
  EXPECT_EQ(ask("GET", "/api/v4/readyz", {}, nobody).status, 200U);
  stopping_ = true;
  EXPECT_EQ(ask("GET", "/status", {}, nobody).status, 503U);
  EXPECT_EQ(ask("GET", "/api/v4/healthz", {}, nobody).status, 200U);
  EXPECT_EQ(ask("GET", "/api/v4/readyz", {}, nobody).body, "{\"code\":102,\"message\":\"stopping\"}");
}

TEST_F(OfficeTest, WhatIsNotThere) {
  EXPECT_EQ(ask("GET", "/api/v4/nothing").status, 404U);
  EXPECT_EQ(ask("GET", "/nothing").status, 400U);
  EXPECT_EQ(ask("POST", "/api/v4/nodes").status, 405U);
  EXPECT_EQ(ask("GET", "/api/v4/clients?a=%2").status, 400U);
  EXPECT_EQ(ask("POST", "/api/v4/mqtt/publish", "{").status, 400U);
  EXPECT_EQ(get("/nodes/other@127.0.0.1").substr(0, 11), "{\"code\":101");
}

TEST_F(OfficeTest, PagesOfOtherSitesChangeNothing) {
  const std::string body = R"({"topic":"t","payload":"x"})";
  const auto from = [&](const http::Headers& headers) {
    return ask("POST", "/api/v4/mqtt/publish", body, headers).status;
  };
  EXPECT_EQ(from({{"host", "n:18083"}, {"origin", "http://evil.example"}}), 403U);
  EXPECT_EQ(from({{"host", "n:18083"}, {"origin", "null"}}), 403U);
  EXPECT_EQ(from({{"sec-fetch-site", "cross-site"}}), 403U);
  EXPECT_TRUE(published_.empty());
  EXPECT_EQ(from({{"host", "n:18083"}, {"origin", "http://n:18083"}}), 200U);
  EXPECT_EQ(published_.size(), 1U);
}

TEST_F(OfficeTest, ClientsComeInPages) {
  add_client(0, "b", "ann");
  add_client(1, "a");
  add_client(1, "c", "bob");
  EXPECT_EQ(get("/clients?_limit=2").substr(0, 62),
            "{\"meta\":{\"page\":1,\"limit\":2,\"count\":3,\"hasnext\":true},\"data\":[");
  const std::string second = get("/clients?_limit=2&_page=2");
  EXPECT_NE(second.find("\"clientid\":\"c\""), std::string::npos);
  EXPECT_EQ(second.find("\"clientid\":\"a\""), std::string::npos);
  EXPECT_NE(second.find("\"hasnext\":false"), std::string::npos);
  EXPECT_EQ(get("/clients?_page=0"), "{\"code\":108,\"message\":\"_page must be an integer from 1\"}");
  const std::string found = get("/clients?_like_username=^a&conn_state=connected&proto_ver=5");
  EXPECT_NE(found.find("\"count\":-1"), std::string::npos);
  EXPECT_NE(found.find("\"clientid\":\"b\""), std::string::npos);
  EXPECT_EQ(found.find("\"clientid\":\"c\""), std::string::npos);
  EXPECT_EQ(get("/clients?proto_ver=x"),
            "{\"code\":108,\"message\":\"Can't convert <<\\\"x\\\">> to integer type\"}");
  EXPECT_EQ(get("/clients?_like_clientid=("),
            "{\"code\":108,\"message\":\"_like_clientid is not a regular expression: (\"}");
  EXPECT_EQ(get("/clients/nobody"), "{\"data\":[],\"code\":0}");
  EXPECT_NE(get("/clients/username/bob").find("\"clientid\":\"c\""), std::string::npos);
}

TEST_F(OfficeTest, OneClientAsEmqxHasIt) {
  add_client(0, "sub-a", "alice");
  const std::string row = get("/nodes/meshmq@127.0.0.1/clients/sub-a");
  for (const char* part : {"\"node\":\"meshmq@127.0.0.1\"", "\"ip_address\":\"10.0.0.7\"", "\"port\":1234",
                           "\"username\":\"alice\"", "\"proto_name\":\"MQTT\"", "\"proto_ver\":5",
                           "\"zone\":\"external\"", "\"mountpoint\":\"undefined\"", "\"connected\":true"}) {
    EXPECT_NE(row.find(part), std::string::npos) << part << " in " << row;
  }
  EXPECT_EQ(row.find("disconnected_at"), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/api/v4/clients/known").body, "{\"code\":0}");
  EXPECT_EQ(ask("DELETE", "/api/v4/clients/unknown").body, "{\"code\":112,\"message\":\"not_found\"}");
}

TEST_F(OfficeTest, SubscriptionsAreFiltered) {
  worker_replies_[0].subscriptions = {{"c1", "a/+", mqtt::QoS::at_least_once},
                                      {"c1", "$share/g/a/b", mqtt::QoS::at_most_once}};
  worker_replies_[1].subscriptions = {{"c2", "b", mqtt::QoS::exactly_once}};
  const auto rows = [this](const std::string& query) {
    const std::string all = get("/subscriptions" + query);
    std::string found;
    for (const char* filter : {"\"a/+\"", "\"$share/g/a/b\"", "\"b\""})
      found += all.find(filter) == std::string::npos ? '-' : 'x';
    return found;
  };
  EXPECT_EQ(rows(""), "xxx");
  EXPECT_EQ(rows("?clientid=c1"), "xx-");
  EXPECT_EQ(rows("?qos=2"), "--x");
  EXPECT_EQ(rows("?share=g"), "-x-");
  EXPECT_EQ(rows("?topic=a/b"), "-x-");
  EXPECT_EQ(rows("?_match_topic=a/b"), "xx-");
  EXPECT_EQ(rows("?_match_topic=a/%2B"), "xx-");
  EXPECT_EQ(rows("?_match_topic=%2B"), "--x");
  EXPECT_EQ(get("/subscriptions?_match_topic=a%23").substr(0, 11), "{\"code\":108");
  EXPECT_EQ(get("/subscriptions/c2"),
            "{\"data\":[{\"node\":\"meshmq@127.0.0.1\",\"clientid\":\"c2\",\"topic\":\"b\",\"qos\":2}],"
            "\"code\":0}");
}

TEST_F(OfficeTest, Publishes) {
  EXPECT_EQ(post("/mqtt/publish", R"({"topics":"a,b","payload":"hi","qos":1,"clientid":"me","retain":true})"),
            "{\"code\":0}");
  ASSERT_EQ(published_.size(), 2U);
  EXPECT_EQ(published_[1]->topic(), "b");
  EXPECT_EQ(published_[1]->payload(), "hi");
  EXPECT_EQ(published_[1]->publisher(), "me");
  EXPECT_TRUE(published_[1]->retain());
  EXPECT_EQ(post("/mqtt/publish", R"({"topic":"c","payload":{"t":1}})"), "{\"code\":0}");
  EXPECT_EQ(published_[2]->payload(), "{\"t\":1}");
  EXPECT_EQ(post("/mqtt/publish", R"({"topic":"c","payload":"AQI=","encoding":"base64"})"), "{\"code\":0}");
  EXPECT_EQ(published_[3]->payload(), "\x01\x02");
  EXPECT_EQ(post("/mqtt/publish", R"({"topic":"c","payload":"!","encoding":"base64"})"),
            "{\"code\":108,\"message\":\"the payload is not base64\"}");
  EXPECT_EQ(post("/mqtt/publish", R"({"topic":"a/#"})"), "{\"code\":115,\"message\":\"bad_topic\"}");
  EXPECT_EQ(post("/mqtt/publish", R"({"topics":"a,+"})"), "{\"code\":115,\"message\":\"bad_topic\"}");
  EXPECT_EQ(post("/mqtt/publish", R"({"topic":"a","qos":3})"),
            "{\"code\":108,\"message\":\"qos must be an integer from 0 to 2\"}");
  EXPECT_EQ(post("/mqtt/publish", "[]"), "{\"code\":108,\"message\":\"the body must be a JSON object\"}");
  EXPECT_EQ(published_.size(), 4U);
  EXPECT_EQ(
      post("/mqtt/publish_batch", R"([{"topic":"a"},{"topic":"+"}])"),
      "{\"data\":[{\"code\":0,\"topic\":\"a\"},{\"code\":115,\"topic\":\"+\",\"message\":\"bad_topic\"}],"
      "\"code\":0}");
  EXPECT_EQ(published_.size(), 5U);
}

TEST_F(OfficeTest, SubscribesForClients) {
  EXPECT_EQ(post("/mqtt/subscribe", R"({"clientid":"known","topics":"a,b","qos":1})"), "{\"code\":0}");
  ASSERT_EQ(changes_.size(), 4U) << "two filters, each asked of two workers";
  EXPECT_EQ(changes_[2].filter, "b");
  EXPECT_EQ(changes_[2].qos, mqtt::QoS::at_least_once);
  EXPECT_EQ(post("/mqtt/unsubscribe", R"({"clientid":"nobody","topic":"a"})"),
            "{\"code\":112,\"message\":\"channel_not_found\"}");
  EXPECT_EQ(post("/mqtt/subscribe", R"({"topic":"a"})"),
            "{\"code\":107,\"message\":\"clientid is missing\"}");
  EXPECT_EQ(post("/mqtt/subscribe", R"({"clientid":"known","topic":"a/#/b"})"),
            "{\"code\":115,\"message\":\"bad_topic\"}");
  EXPECT_EQ(
      post("/mqtt/subscribe_batch", R"([{"clientid":"known","topic":"t"},{"clientid":"x","topic":"u"}])"),
      "{\"data\":[{\"code\":0,\"topic\":\"t\",\"clientid\":\"known\"},{\"code\":112,\"topic\":\"u\","
      "\"clientid\":\"x\",\"message\":\"channel_not_found\"}],\"code\":0}");
}

TEST_F(OfficeTest, RoutesRetainedAndDelayed) {
  subscribe("a/+");
  EXPECT_EQ(get("/routes"),
            "{\"meta\":{\"page\":1,\"limit\":100,\"count\":1},\"data\":[{\"topic\":\"a/+\",\"node\":"
            "\"meshmq@127.0.0.1\"}],\"code\":0}");
  EXPECT_EQ(get("/routes/a%2F%2B"),
            "{\"data\":[{\"topic\":\"a/+\",\"node\":\"meshmq@127.0.0.1\"}],\"code\":0}");
  EXPECT_EQ(get("/routes/b"), "{\"data\":[],\"code\":0}");
  EXPECT_NE(get("/explain?topic=a/b").find("\"routes\":[{\"topic\":\"a/+\""), std::string::npos);
  EXPECT_EQ(get("/explain"), "{\"code\":107,\"message\":\"topic is missing\"}");
  EXPECT_EQ(get("/explain?topic=%23"), "{\"code\":102,\"message\":\"Not a topic name: #\"}");
  retain("r/1");
  EXPECT_NE(get("/retained?topic=r/%23").find("\"topic\":\"r/1\",\"qos\":0"), std::string::npos);
  EXPECT_NE(get("/retained/r%2F1").find("\"payload\":\"eA==\""), std::string::npos);
  EXPECT_EQ(get("/retained/%23"), "{\"code\":115,\"message\":\"bad_topic\"}");
  EXPECT_EQ(ask("DELETE", "/api/v4/retained/%23").body, "{\"code\":115,\"message\":\"bad_topic\"}");
  EXPECT_EQ(ask("DELETE", "/api/v4/retained/r%2F1").body, "{\"code\":0}");
  EXPECT_EQ(ask("DELETE", "/api/v4/retained/r%2F1").body, "{\"code\":102,\"message\":\"not_found\"}");
  EXPECT_EQ(get("/delayed"), "{\"meta\":{\"page\":1,\"limit\":100,\"count\":0},\"data\":[],\"code\":0}");
}

TEST_F(OfficeTest, ListenersAsEmqxHasThem) {
  listeners_ = {{"mqtt:tcp:external", "0.0.0.0:1883", 8, 1000, 3, {{"normal", 4}}},
                {"http:dashboard", "0.0.0.0:18083", 1, 512, 1, {}}};
  EXPECT_EQ(get("/nodes/meshmq@127.0.0.1/listeners"),
            "{\"data\":[{\"protocol\":\"mqtt:tcp\",\"listen_on\":\"0.0.0.0:1883\",\"acceptors\":8,\"max_"
            "conns\":1000,"
            "\"current_conns\":3,\"shutdown_count\":{\"normal\":4},\"identifier\":\"mqtt:tcp:external\"},"
            "{\"protocol\":\"http:dashboard\",\"listen_on\":\"18083\",\"acceptors\":1,\"max_conns\":512,"
            "\"current_conns\":1,\"shutdown_count\":[]}],\"code\":0}");
  EXPECT_EQ(ask("PUT", "/api/v4/listeners/http:dashboard/restart").status, 403U);
  EXPECT_EQ(ask("PUT", "/api/v4/listeners/mqtt:tcp:external/restart").body,
            "{\"code\":102,\"message\":\"address in use\"}");
  EXPECT_EQ(ask("PUT", "/api/v4/listeners/mqtt:no:one/restart").body,
            "{\"code\":102,\"message\":\"no such listener mqtt:no:one\"}");
}

TEST_F(OfficeTest, AlarmsAndTheCluster) {
  control_->alarms().activate("hot", Json::object({}), "it is hot", now_);
  EXPECT_NE(get("/alarms/activated").find("\"name\":\"hot\""), std::string::npos);
  EXPECT_NE(get("/alarms/deactivated").find("\"alarms\":[]"), std::string::npos);
  EXPECT_EQ(post("/alarms/deactivated", R"({"node":"meshmq@127.0.0.1","name":"hot"})"), "{\"code\":0}");
  EXPECT_EQ(post("/alarms/deactivated", R"({"node":"meshmq@127.0.0.1","name":"hot"})"),
            "{\"code\":102,\"message\":\"There is no alarm hot that lasts.\"}");
  EXPECT_NE(get("/alarms/deactivated").find("\"name\":\"hot\""), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/api/v4/alarms/deactivated").body, "{\"code\":0}");
  EXPECT_EQ(get("/nodes/meshmq@127.0.0.1/alarms"), "{\"data\":[],\"code\":0}");
  EXPECT_EQ(get("/cluster"),
            "{\"data\":{\"running_nodes\":[\"meshmq@127.0.0.1\"],\"stopped_nodes\":[]},\"code\":0}");
  EXPECT_EQ(
      post("/cluster/join", R"({"node":"meshmq@127.0.0.1"})"),
      "{\"code\":102,\"message\":\"Ignore. This is meshmq@127.0.0.1 itself, a node cannot join itself.\"}");
  EXPECT_EQ(post("/cluster/join", "{}"), "{\"code\":107,\"message\":\"node is missing\"}");
}

TEST_F(OfficeTest, Bans) {
  EXPECT_EQ(post("/banned", R"({"who":"c1","as":"clientid"})"),
            "{\"data\":{\"as\":\"clientid\",\"who\":\"c1\",\"by\":\"user\",\"reason\":\"\",\"at\":1700000000,"
            "\"until\":1700000300},\"code\":0}");
  EXPECT_NE(get("/banned").find("\"count\":1"), std::string::npos);
  EXPECT_EQ(post("/banned", R"({"as":"clientid"})"), "{\"code\":107,\"message\":\"who is missing\"}");
  EXPECT_EQ(post("/banned", R"({"as":"peerhost","who":"example.org"})").substr(0, 11), "{\"code\":108");
  EXPECT_EQ(ask("DELETE", "/api/v4/banned/clientid/c1").body, "{\"code\":0}");
  EXPECT_NE(get("/banned").find("\"count\":0"), std::string::npos);
}

TEST_F(OfficeTest, UsersOfTheBroker) {
  EXPECT_EQ(post("/auth_username", R"({"username":"ann","password":"p"})"), "{\"code\":0}");
  EXPECT_EQ(post("/auth_username", R"({"username":"ann","password":"p"})"),
            "{\"code\":113,\"message\":\"existed\"}");
  EXPECT_EQ(get("/auth_username/ann"), "{\"data\":{\"username\":\"ann\"},\"code\":0}");
  EXPECT_EQ(get("/auth_clientid/ann"), "{\"code\":105,\"message\":\"not_found\"}");
  EXPECT_EQ(put("/auth_clientid/ann", R"({"password":"q"})"), "{\"code\":105,\"message\":\"noexisted\"}");
  EXPECT_EQ(put("/auth_username/ann", R"({"password":"q"})"), "{\"code\":0}");
  EXPECT_EQ(ask("DELETE", "/api/v4/auth_username/ann").body, "{\"code\":0}");
  EXPECT_NE(get("/auth_username").find("\"data\":[]"), std::string::npos);
}

TEST_F(OfficeTest, ApplicationsMayAsk) {
  const std::string made =
      post("/apps", R"({"app_id":"ops","secret":"s3","name":"Ops","expired":1700000060})");
  EXPECT_EQ(made, "{\"data\":{\"secret\":\"s3\"},\"code\":0}");
  const std::string ops = "Basic " + sasl::to_base64("ops:s3");
  EXPECT_EQ(status_with(ops), 200U);
  pass(61s);
  EXPECT_EQ(status_with(ops), 401U) << "it has expired";
  EXPECT_EQ(put("/apps/ops", R"({"expired":0})"), "{\"code\":0}");
  EXPECT_EQ(status_with(ops), 200U);
  EXPECT_EQ(put("/apps/ops", R"({"status":false})"), "{\"code\":0}");
  EXPECT_EQ(status_with(ops), 401U);
  EXPECT_EQ(get("/apps/ops"),
            "{\"data\":{\"app_id\":\"ops\",\"secret\":\"s3\",\"name\":\"Ops\",\"desc\":\"\","
            "\"status\":false,\"expired\":\"undefined\"},\"code\":0}");
  EXPECT_NE(get("/apps").find("\"app_id\":\"admin\""), std::string::npos);
  EXPECT_EQ(post("/apps", R"({"app_id":"admin"})"), "{\"code\":108,\"message\":\"already existed\"}");
  EXPECT_EQ(ask("DELETE", "/api/v4/apps/ops").body, "{\"code\":0}");
  EXPECT_EQ(get("/apps/ops"), "{\"code\":102,\"message\":\"not_found\"}");
}

TEST_F(OfficeTest, TheKnownPasswordMustBeChanged) {
  const std::string token = log_in("boss", "public");
  ASSERT_EQ(token.size(), 64U) << token;
  EXPECT_EQ(with_token(token, "/nodes").status, 403U);
  EXPECT_EQ(put("/change_pwd/boss", R"({"old_pwd":"public","new_pwd":"public"})").substr(0, 11),
            "{\"code\":108");
  EXPECT_EQ(put("/change_pwd/boss", R"({"old_pwd":"nope","new_pwd":"better"})").substr(0, 11),
            "{\"code\":103");
  EXPECT_EQ(put("/change_pwd/boss", R"({"old_pwd":"public","new_pwd":"better"})"), "{\"code\":0}");
  EXPECT_EQ(with_token(token, "/nodes").status, 401U) << "the login is over";
  EXPECT_EQ(with_token(log_in("boss", "better"), "/nodes").status, 200U);
  EXPECT_EQ(log_in("boss", "public"), "{\"code\":103,\"message\":\"Password Error\"}");
  EXPECT_EQ(log_in("boss", "better").size(), 64U);
  EXPECT_EQ(ask("DELETE", "/api/v4/users/boss").body, "{\"code\":106,\"message\":\"Cannot delete boss\"}");
}

TEST_F(OfficeTest, LoginsEnd) {
  EXPECT_EQ(post("/users", R"({"username":"eve","password":"secret","tags":"t"})"), "{\"code\":0}");
  EXPECT_EQ(post("/users", R"({"username":"eve","password":"secret"})").substr(0, 11), "{\"code\":113");
  EXPECT_EQ(get("/users"),
            "{\"data\":[{\"username\":\"boss\",\"tags\":\"administrator\"},{\"username\":\"eve\","
            "\"tags\":\"t\"}],\"code\":0}");
  const std::string token = log_in("eve", "secret");
  EXPECT_EQ(with_token(token, "/nodes").status, 200U);
  EXPECT_EQ(with_token(token + "x", "/nodes").status, 401U);
  pass(1h);
  EXPECT_EQ(with_token(token, "/nodes").status, 401U);
  const std::string another = log_in("eve", "secret");
  EXPECT_NE(another, token);
  EXPECT_EQ(put("/users/eve", R"({"tags":"u"})"), "{\"code\":0}");
  EXPECT_EQ(ask("DELETE", "/api/v4/users/eve").body, "{\"code\":0}");
  EXPECT_EQ(with_token(another, "/nodes").status, 401U);
  EXPECT_EQ(post("/auth", R"({"username":"eve"})"),
            "{\"code\":104,\"message\":\"Username or password undefined\"}");
}

TEST_F(OfficeTest, ForgottenPasswordsAreReplaced) {
  post("/users", R"({"username":"eve","password":"secret","tags":"t"})");
  const std::string token = log_in("eve", "secret");
  EXPECT_EQ(put("/users/eve", "{}").substr(0, 11), "{\"code\":107");
  EXPECT_EQ(put("/users/eve", R"({"password":""})").substr(0, 11), "{\"code\":107");
  EXPECT_EQ(put("/users/eve", R"({"password":"public"})").substr(0, 11), "{\"code\":108");
  EXPECT_EQ(with_token(token, "/nodes").status, 200U);
  EXPECT_EQ(put("/users/eve", R"({"password":"another"})"), "{\"code\":0}");
  EXPECT_EQ(with_token(token, "/nodes").status, 401U) << "the login is over";
  EXPECT_EQ(log_in("eve", "secret"), "{\"code\":103,\"message\":\"Password Error\"}");
  EXPECT_EQ(log_in("eve", "another").size(), 64U);
  EXPECT_NE(get("/users").find(R"("tags":"t")"), std::string::npos) << "they are kept";
  EXPECT_EQ(put("/users/eve", R"({"password":"third","tags":"u"})"), "{\"code\":0}");
  EXPECT_NE(get("/users").find(R"("tags":"u")"), std::string::npos);
  EXPECT_EQ(put("/users/nobody", R"({"password":"x"})"), "{\"code\":105,\"message\":\"Username Not Found\"}");
  // The first one has no row yet.
  EXPECT_EQ(put("/users/boss", R"({"password":"better"})"), "{\"code\":0}");
  EXPECT_EQ(with_token(log_in("boss", "better"), "/nodes").status, 200U);
}

TEST_F(OfficeTest, GuessingPasswordsIsSlowedDownToo) {
  for (unsigned i = 0; i < LoginGuard::free_attempts; ++i)
    EXPECT_EQ(log_in("nobody", "guess"), "{\"code\":103,\"message\":\"Password Error\"}");
  EXPECT_EQ(log_in("boss", "public"), "Too many attempts with wrong credentials.\n");
}

TEST_F(OfficeTest, AnswersOtherNodes) {
  add_client(0, "c1");
  add_client(0, "c2");
  std::string bytes;
  office_.serve(encode(Question{"clients", {{"_rows", "1"}}}), now_,
                [&](const std::string& answer) { bytes = answer; });
  settle();
  const auto report = decode_report(bytes);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->total, 2U);
  ASSERT_EQ(report->rows.size(), 1U);
  EXPECT_NE(report->rows[0].find("\"clientid\":\"c1\""), std::string::npos);
  office_.serve(encode(Question{"weather"}), now_, [&](const std::string& answer) { bytes = answer; });
  EXPECT_EQ(decode_report(bytes)->code, Code::unknown);
}

}  // namespace
}  // namespace meshmq::rest
