#include "http/server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace meshmq::http {
namespace {

using boost::asio::ip::tcp;

/// A server on a thread of its own; requests are answered with themselves.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    const ServerOptions options{
        .host = "127.0.0.1", .connections_max = 2, .body_bytes_max = 100, .header_bytes_max = 1000};
    auto started = Server::start(
        io_, options,
        [this](Request request, Respond respond) { handle(std::move(request), std::move(respond)); },
        Logger());
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServerTest() override {
    boost::asio::post(io_, [this] { server_->stop(); });
    thread_.join();
  }

  void handle(Request request, Respond respond) {
    if (request.target == "/never") return;
    Response response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.target + " " + std::string(request.header("x-name")) +
                    " " + request.peer + " " + request.body;
    respond(std::move(response));
  }

  tcp::socket connect() {
    tcp::socket socket(client_io_);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    return socket;
  }
  /// Everything up to the end of the connection.
  static std::string read_all(tcp::socket& socket) {
    std::string text;
    boost::system::error_code end;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), end);
    return text;
  }
  std::string exchange(const std::string& bytes) {
    tcp::socket socket = connect();
    boost::asio::write(socket, boost::asio::buffer(bytes));
    return read_all(socket);
  }

  boost::asio::io_context io_;
  boost::asio::io_context client_io_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

constexpr const char* close_header = "Connection: close\r\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ServerTest, AnswersOneRequestAfterTheOther) {
  const std::string both =
      exchange(std::string("GET /a?b=1 HTTP/1.1\r\nHost: h\r\nX-Name: n\r\n\r\n") +
               "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n" + close_header + "\r\nhi");
  EXPECT_TRUE(contains(both, "GET /a?b=1 n 127.0.0.1 ")) << both;
  EXPECT_TRUE(contains(both, "POST /c  127.0.0.1 hi")) << both;
  EXPECT_TRUE(contains(both, "X-Content-Type-Options: nosniff\r\n")) << both;
  EXPECT_TRUE(contains(both, "Cache-Control: no-store\r\n")) << both;
}

TEST_F(ServerTest, HeadHasNoBody) {
  const std::string answer = exchange(std::string("HEAD /a HTTP/1.1\r\nHost: h\r\n") + close_header + "\r\n");
  EXPECT_TRUE(contains(answer, "Content-Length: ")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, LimitsAreSaid) {
  const std::string big(200, 'x');
  EXPECT_TRUE(contains(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n" + big), " 413 "));
  EXPECT_TRUE(contains(exchange("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"), " 431 "));
  EXPECT_TRUE(contains(exchange("nonsense\r\n\r\n"), " 400 "));
}

TEST_F(ServerTest, ABodyThatWaitsIsAskedFor) {
  tcp::socket socket = connect();
  boost::asio::write(socket,
                     boost::asio::buffer(std::string("POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                                                     "Expect: 100-continue\r\nConnection: close\r\n\r\n")));
  std::string first(12, '\0');
  boost::asio::read(socket, boost::asio::buffer(first));
  EXPECT_EQ(first, "HTTP/1.1 100");
  boost::asio::write(socket, boost::asio::buffer(std::string("hi")));
  EXPECT_TRUE(contains(read_all(socket), "POST /c  127.0.0.1 hi"));
}

TEST_F(ServerTest, MoreConnectionsThanMayBeAreClosed) {
  tcp::socket first = connect();
  tcp::socket second = connect();
  tcp::socket third = connect();
  EXPECT_EQ(read_all(third), "");
  const std::string request = std::string("GET /still HTTP/1.1\r\nHost: h\r\n") + close_header + "\r\n";
  boost::asio::write(second, boost::asio::buffer(request));
  EXPECT_TRUE(contains(read_all(second), "GET /still"));
}

/// A handler that forgets its request ends the connection, not the server.
TEST_F(ServerTest, ARequestThatNobodyAnswers) {
  EXPECT_EQ(exchange("GET /never HTTP/1.1\r\nHost: h\r\n\r\n"), "");
  EXPECT_TRUE(
      contains(exchange(std::string("GET /a HTTP/1.1\r\nHost: h\r\n") + close_header + "\r\n"), "GET /a"));
}

TEST(ServerStartTest, APortThatIsTaken) {
  boost::asio::io_context io;
  tcp::acceptor other(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0));
  const auto started =
      Server::start(io, {.host = "127.0.0.1", .port = other.local_endpoint().port()}, {}, Logger());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "Address already in use");
}

}  // namespace
}  // namespace meshmq::http
