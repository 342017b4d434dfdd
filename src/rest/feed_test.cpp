#include "rest/feed.hpp"

#include <gtest/gtest.h>

#include "admin/desk_harness.hpp"
#include "sasl/base64.hpp"

namespace meshmq::rest {
namespace {

using namespace std::chrono_literals;

/// The other end is the test.
class FakeSocket : public http::WebSocket {
 public:
  void serve(http::WebSocketEvents handlers) override { events = std::move(handlers); }
  void send(std::string text) override { sent.push_back(std::move(text)); }
  std::size_t waiting() const override { return slow ? sent.size() : 0; }
  void close(std::uint16_t code, std::string_view) override {
    if (closed == 0) closed = code;
  }
  const std::string& peer() const override { return peer_; }

  http::WebSocketEvents events;
  std::vector<std::string> sent;
  std::uint16_t closed = 0;
  bool slow = false;

 private:
  std::string peer_ = "10.0.0.1";
};

class FeedTest : public admin::testing::DeskTest {
 protected:
  FeedTest() { desk_->defaults = {.application = {"admin", "public"}, .user = {"boss", "secret"}}; }

  std::string log_in() {
    std::string answer;
    http::Request request{.method = "POST",
                          .target = "/api/v4/auth",
                          .headers = {},
                          .body = R"({"username":"boss","password":"secret"})",
                          .peer = "10.0.0.1"};
    office_.handle(request, now_, [&](http::Response response) { answer = std::move(response.body); });
    settle();
    const std::size_t at = answer.find("\"token\":\"");
    EXPECT_NE(at, std::string::npos) << answer;
    return answer.substr(at + 9, 64);
  }
  std::shared_ptr<FakeSocket> listen(const std::string& first = {}) {
    auto socket = std::make_shared<FakeSocket>();
    feed_.opened(socket);
    if (!first.empty()) socket->events.text(first);
    return socket;
  }
  std::shared_ptr<FakeSocket> listen_as(const std::string& token) {
    return listen(R"({"token":")" + token + "\"}");
  }
  void tick(Duration time = 1s) {
    pass(time);
    feed_.tick(now_);
    settle();
  }

  Office office_{*desk_, {.rows_max = 100, .token_lifetime = 1min, .zones = {"external"}}, Logger()};
  Feed feed_{office_, [this] { return now_; }};
};

TEST_F(FeedTest, WhoHasLoggedInHearsOfTheNodes) {
  worker_replies_[0].stats.connections = 2;
  worker_replies_[1].stats.connections = 3;
  worker_replies_[1].metrics.messages_received = 7;
  worker_replies_[0].forwarded = {{"b@127.0.0.1", 3}};
  worker_replies_[1].forwarded = {{"b@127.0.0.1", 4}};
  const auto socket = listen_as(log_in());
  EXPECT_TRUE(socket->sent.empty());
  tick();
  ASSERT_EQ(socket->sent.size(), 2U);
  const std::string& text = socket->sent[1];
  EXPECT_TRUE(text.starts_with(R"({"type":"live","at":)")) << text;
  for (const char* part : {R"("node":"meshmq@127.0.0.1")", R"("connections":5)", R"("received":7)",
                           R"("links":[{"node":"b@127.0.0.1","forwarded":7}])", R"("unanswered":[])",
                           R"("stopped":[])", R"("healed_at":0)"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  tick();
  EXPECT_EQ(socket->sent.size(), 2U);
  tick();
  EXPECT_EQ(socket->sent.size(), 3U);
}

TEST_F(FeedTest, BeginsWithHowTheNodesWere) {
  for (const std::uint64_t received : {100U, 600U}) {
    worker_replies_[0].stats.connections = 2;
    worker_replies_[1].metrics.messages_received = received;
    record_rates(office_, now_);
    settle();
    pass(RateHistory::interval);
  }
  const std::string token = log_in();
  const auto first = listen_as(token);
  EXPECT_TRUE(feed_.in_hurry());
  tick(100ms);
  EXPECT_FALSE(feed_.in_hurry());
  ASSERT_EQ(first->sent.size(), 2U);
  EXPECT_TRUE(first->sent[0].starts_with(R"({"type":"history","at":)")) << first->sent[0];
  for (const char* part : {R"("interval_ms":5000)", R"("node":"meshmq@127.0.0.1")",
                           R"("connections":[2,null])", R"("received":[100,null])"})
    EXPECT_NE(first->sent[0].find(part), std::string::npos) << part << " in " << first->sent[0];
  const auto second = listen_as(token);
  tick();
  EXPECT_EQ(second->sent.size(), 2U);
  EXPECT_TRUE(second->sent[0].starts_with(R"({"type":"history")"));
  tick(2s);
  for (const auto& socket : {first, second})
    EXPECT_TRUE(socket->sent.back().starts_with(R"({"type":"live")"));
}

TEST_F(FeedTest, WhoHasNotHearsNothing) {
  const auto silent = listen();
  const auto wrong = listen_as("guess");
  const auto nonsense = listen("hello");
  EXPECT_EQ(wrong->closed, Feed::login_over);
  EXPECT_EQ(nonsense->closed, Feed::login_over);
  for (int i = 0; i < 5; ++i) tick();
  EXPECT_TRUE(silent->sent.empty());
  EXPECT_TRUE(wrong->sent.empty());
  EXPECT_EQ(silent->closed, Feed::login_missing);
}

TEST_F(FeedTest, TheEndOfTheLoginIsTheEndOfTheFeed) {
  const std::string token = log_in();
  const auto socket = listen_as(token);
  tick();
  EXPECT_EQ(socket->closed, 0);
  office_.tokens().forget("boss");
  tick();
  EXPECT_EQ(socket->closed, Feed::login_over);
  const auto other = listen_as(log_in());
  tick(1min);
  EXPECT_EQ(other->closed, Feed::login_over);
}

TEST_F(FeedTest, WhoIsSlowMissesSomeAndIsClosedInTheEnd) {
  const auto socket = listen_as(log_in());
  socket->slow = true;
  for (unsigned i = 0; i <= Feed::misses_max && socket->closed == 0; ++i) tick(2s);
  EXPECT_EQ(socket->sent.size(), 2U);
  EXPECT_EQ(socket->closed, Feed::too_slow);
}

TEST_F(FeedTest, NobodyIsAskedWhenNobodyListens) {
  const auto socket = listen_as(log_in());
  tick();
  EXPECT_EQ(feed_.listeners(), 1U);
  socket->events.closed();
  EXPECT_EQ(feed_.listeners(), 0U);
  tick(10s);
  EXPECT_EQ(socket->sent.size(), 2U);
}

TEST_F(FeedTest, PagesOfOtherSitesDoNotGetIt) {
  const auto wants = [](const std::string& target, const http::Headers& headers) {
    return Feed::wants({.method = "GET", .target = target, .headers = headers, .body = {}, .peer = {}});
  };
  EXPECT_TRUE(wants("/api/v4/live", {{"host", "n:18083"}, {"origin", "http://n:18083"}}));
  EXPECT_TRUE(wants("/api/v4/live?a", {{"host", "n:18083"}}));
  EXPECT_FALSE(wants("/api/v4/live", {{"host", "n:18083"}, {"origin", "http://evil.example"}}));
  EXPECT_FALSE(wants("/api/v4/clients", {{"host", "n:18083"}}));
}

}  // namespace
}  // namespace meshmq::rest
