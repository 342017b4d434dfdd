#include "mesh/mesh.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <thread>

#include "mesh/forward_socket.hpp"
#include "mesh/rpc_connection.hpp"

namespace meshmq::mesh {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A port that nobody uses now.
std::uint16_t free_port() {
  asio::io_context io;
  return tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

class Log final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view line, const LogContext&) override {
    text += std::string(line) + "\n";
  }
  std::string text;
};

struct TestNode final : MeshHandler {
  TestNode(asio::io_context& loop, const std::string& node, std::uint16_t epmd_port,
           const std::string& cookie = "secret")
      : name(node), io(loop) {
    MeshOptions options;
    options.node = node;
    options.cookie = cookie;
    options.port_min = options.port_max = 0;
    options.epmd_port = epmd_port;
    options.tick_time = std::chrono::seconds(2);
    mesh = std::make_unique<Mesh>(io, options, *this, Logger(&log));
  }
  void link_up(const std::string& node) override { events += "up:" + node + " "; }
  void link_frame(const std::string& node, std::string_view frame) override {
    events += "frame:" + node + ":" + std::string(frame.substr(0, 10)) + " ";
  }
  void link_down(const std::string& node, cluster::LinkError error, const std::string& detail) override {
    events += "down:" + node + ":" + std::string(to_string(error)) + " ";
    last_detail = detail;
  }
  void forward_accepted(const std::string& origin, std::uint16_t worker, AdoptedSocket socket) override {
    events += "forward:" + origin + ":" + std::to_string(worker) + " ";
    accepted = std::make_unique<AdoptedSocket>(std::move(socket));
  }
  void rpc_call(RpcId id, const erldist::RpcCall& call) override {
    events += "rpc:" + call.module + ":" + call.function + " ";
    if (call.module == "refused") return mesh->rpc_refuse(id, "undef");
    mesh->rpc_answer(id, "printed\n", erldist::Term::binary("answer"));
  }

  std::string name;
  asio::io_context& io;
  Log log;
  std::unique_ptr<Mesh> mesh;
  std::unique_ptr<AdoptedSocket> accepted;
  std::string events;
  std::string last_detail;
};

class MeshTest : public ::testing::Test {
 protected:
  /// Runs the loop until the condition holds; false after ten seconds.
  template <class Condition>
  bool until(Condition&& condition, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  std::unique_ptr<TestNode> start(const std::string& name, const std::string& cookie = "secret") {
    auto node = std::make_unique<TestNode>(io, name, epmd_port, cookie);
    // Registering blocks until the EPMD answers, which another node of this loop may serve.
    auto started = std::async(std::launch::async, [&] { return node->mesh->start(); });
    until([&] { return started.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    const auto result = started.get();
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return node;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  /// Runs an Erlang expression on a real node while our loop goes on; returns what it printed.
  std::string erl(const std::string& expression, const std::string& cookie = "secret") {
    const std::string command = "ERL_EPMD_PORT=" + std::to_string(epmd_port) +
                                " erl -noinput -hidden -start_epmd false -name real" +
                                std::to_string(getpid()) + "@127.0.0.1 -setcookie " + cookie + " -eval '" +
                                expression + ", init:stop().' 2>&1";
    auto output = std::async(std::launch::async, [command] {
      std::string text;
      FILE* pipe = popen(command.c_str(), "r");
      char buffer[256];
      while (pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
      if (pipe != nullptr) pclose(pipe);
      return text;
    });
    until([&] { return output.wait_for(std::chrono::seconds(0)) == std::future_status::ready; },
          std::chrono::seconds(40));
    return output.get();
  }

  asio::io_context io;
  std::uint16_t epmd_port = free_port();
};

TEST_F(MeshTest, TwoNodesMeetAndTalkInOrder) {
  const auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  EXPECT_TRUE(a->mesh->serves_epmd());
  EXPECT_FALSE(b->mesh->serves_epmd());
  a->mesh->dial("b@127.0.0.1");
  ASSERT_TRUE(until([&] { return has(a->events, "up:b") && has(b->events, "up:a"); }));
  for (int i = 0; i < 3; ++i) a->mesh->send("b@127.0.0.1", "m" + std::to_string(i));
  b->mesh->send("a@127.0.0.1", std::string(1'000'000, 'x'));
  ASSERT_TRUE(until([&] { return has(b->events, "m2") && has(a->events, "frame:b"); }));
  EXPECT_TRUE(has(b->events, "frame:a@127.0.0.1:m0 frame:a@127.0.0.1:m1 frame:a@127.0.0.1:m2"));
  until([] { return false; }, std::chrono::seconds(4));
  EXPECT_FALSE(has(a->events, "down")) << "ticks keep an idle link alive";
  b->mesh->hang_up("a@127.0.0.1");
  ASSERT_TRUE(until([&] { return has(a->events, "down:b") && has(b->events, "down:a"); }));
}

TEST_F(MeshTest, OfTwoCallsAtOnceOneLinkRemains) {
  const auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  for (int round = 0; round < 5; ++round) {
    a->events.clear();
    b->events.clear();
    a->mesh->dial("b@127.0.0.1");
    b->mesh->dial("a@127.0.0.1");
    ASSERT_TRUE(until([&] { return has(a->events, "up:b") && has(b->events, "up:a"); }))
        << a->log.text << b->log.text;
    a->mesh->send("b@127.0.0.1", "x");
    b->mesh->send("a@127.0.0.1", "y");
    ASSERT_TRUE(until([&] { return has(a->events, ":y") && has(b->events, ":x"); }))
        << a->events << b->events;
    a->mesh->hang_up("b@127.0.0.1");
    ASSERT_TRUE(until([&] { return has(a->events, "down:b") && has(b->events, "down:a"); }));
  }
}

TEST_F(MeshTest, EveryFailureHasItsOwnName) {
  const auto a = start("a@127.0.0.1");
  const auto other = start("other@127.0.0.1", "another cookie");
  const auto fails = [&](const std::string& node) {
    a->events.clear();
    a->mesh->dial(node);
    until([&] { return has(a->events, "down"); });
    return a->events;
  };
  EXPECT_EQ(fails("other@127.0.0.1"), "down:other@127.0.0.1:cookie refused ");
  EXPECT_TRUE(has(other->log.text, "'a@127.0.0.1' rejected. Invalid challenge reply."));
  EXPECT_EQ(fails("nobody@127.0.0.1"), "down:nobody@127.0.0.1:no such node registered there ");
  EXPECT_EQ(fails("x@no.such.host.invalid"), "down:x@no.such.host.invalid:unknown host ");
  EXPECT_EQ(fails("nonsense"), "down:nonsense:unknown host ");
}

TEST_F(MeshTest, ANameIsHeldByOneNodeOnly) {
  const auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  asio::io_context elsewhere;
  TestNode again(elsewhere, "b@127.0.0.1", epmd_port);
  auto result = std::async(std::launch::async, [&] { return again.mesh->start(); });
  until([&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  const auto started = result.get();
  ASSERT_FALSE(started.has_value());
  EXPECT_TRUE(has(started.error().message, "the name 'b' is taken"));
}

TEST_F(MeshTest, WhenTheServingNodeGoesAnotherServes) {
  auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  a.reset();
  ASSERT_TRUE(until([&] { return b->mesh->serves_epmd(); }));
  const auto c = start("c@127.0.0.1");
  c->mesh->dial("b@127.0.0.1");
  EXPECT_TRUE(until([&] { return has(c->events, "up:b"); }));
}

TEST_F(MeshTest, GarbageAndSilenceDisturbNobody) {
  const auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  tcp::socket noise(io);
  noise.connect({asio::ip::address_v4::loopback(), a->mesh->port()});
  asio::write(noise, asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
  tcp::socket silent(io);
  silent.connect({asio::ip::address_v4::loopback(), a->mesh->port()});
  b->mesh->dial("a@127.0.0.1");
  ASSERT_TRUE(until([&] { return has(a->events, "up:b"); }));
  EXPECT_TRUE(has(a->log.text, "this is no Erlang node"));
  ASSERT_TRUE(until([&] { return has(a->log.text, "timed out in the handshake"); }));
  EXPECT_FALSE(has(a->events, "down"));
}

struct Received final : ForwardSocketEvents {
  void frame(std::string_view payload) override { bytes += payload.size(), ++frames; }
  void written(std::size_t) override {}
  void down() override { gone = true; }
  std::size_t bytes = 0;
  int frames = 0;
  bool gone = false;
};

TEST_F(MeshTest, ForwardingLinksCarryMoreThanASocketTakes) {
  const auto a = start("a@127.0.0.1");
  const auto b = start("b@127.0.0.1");
  std::unique_ptr<ForwardSocket> out;
  a->mesh->dial_forward(3, "b@127.0.0.1", [&](tl::expected<AdoptedSocket, DialError> socket) {
    ASSERT_TRUE(socket.has_value());
    out = std::move(*ForwardSocket::make(io, std::move(*socket), a->name, std::chrono::seconds(2), 1 << 30));
  });
  ASSERT_TRUE(until([&] { return out != nullptr && b->accepted != nullptr; }));
  EXPECT_TRUE(has(b->events, "forward:a@127.0.0.1:3"));
  auto in =
      std::move(*ForwardSocket::make(io, std::move(*b->accepted), b->name, std::chrono::seconds(2), 1 << 30));
  Received received;
  Received acknowledged;
  in->start(received);
  out->start(acknowledged);
  std::size_t queued = 0;
  for (int i = 0; i < 100; ++i) queued = out->send(std::string(200'000, 'x'));
  EXPECT_GT(queued, 0U);
  ASSERT_TRUE(until([&] { return received.frames == 100; }));
  EXPECT_EQ(received.bytes, 20'000'000U);
  in->send("ack");
  ASSERT_TRUE(until([&] { return acknowledged.frames == 1; }));
  until([] { return false; }, std::chrono::seconds(4));
  EXPECT_FALSE(received.gone) << "ticks keep an idle link alive";
  in->close();
  EXPECT_TRUE(until([&] { return received.gone && acknowledged.gone; }));
}

TEST_F(MeshTest, ARealErlangNodePingsAndCalls) {
  const auto a = start("a@127.0.0.1");
  EXPECT_EQ(erl("io:format(\"~p\", [net_adm:ping(list_to_atom(\"a@127.0.0.1\"))])"), "pong") << a->log.text;
  EXPECT_EQ(erl("io:format(\"~p\", [net_adm:ping(list_to_atom(\"a@127.0.0.1\"))])", "wrong"), "pang");
  EXPECT_TRUE(has(a->log.text, "Invalid challenge reply"));
  EXPECT_EQ(erl("io:format(\"~p\", [rpc:call(list_to_atom(\"a@127.0.0.1\"), m, f, [1])])"),
            "printed\n<<\"answer\">>");
  EXPECT_TRUE(
      has(erl("io:format(\"~p\", [rpc:call(list_to_atom(\"a@127.0.0.1\"), refused, f, [1])])"), "badrpc"));
  EXPECT_EQ(erl("io:format(\"~p\", [gen_server:call({rex, list_to_atom(\"a@127.0.0.1\")}, {call, m, f, [], "
                "group_leader()})])"),
            "printed\n<<\"answer\">>");
}

TEST_F(MeshTest, OurOwnClientCallsToo) {
  const auto a = start("a@127.0.0.1");
  const auto call = [&](const std::string& node, const std::string& cookie) {
    auto result = std::async(std::launch::async, [&, node, cookie] {
      RpcTarget target;
      target.node = node;
      target.cookie = cookie;
      target.epmd_port = epmd_port;
      return rpc_call(target, "m", "f", {erldist::Term::string("word")}, std::chrono::seconds(5));
    });
    until([&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return result.get();
  };
  const auto good = call("a@127.0.0.1", "secret");
  ASSERT_TRUE(good.has_value()) << good.error().detail;
  EXPECT_EQ(good->text, "answer");
  EXPECT_EQ(call("a@127.0.0.1", "wrong").error().error, cluster::LinkError::cookie_refused);
  EXPECT_EQ(call("b@127.0.0.1", "secret").error().error, cluster::LinkError::not_registered);
}

}  // namespace
}  // namespace meshmq::mesh
