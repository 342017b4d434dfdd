#include "http/web_socket.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <future>
#include <thread>

#include "http/server.hpp"

namespace meshmq::http {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;

/// A server whose WebSocket at /echo says everything twice, on a thread of its own.
class WebSocketTest : public ::testing::Test {
 protected:
  WebSocketTest() {
    ServerOptions options{.host = "127.0.0.1", .socket_message_bytes_max = 100};
    options.upgrade = [this](const Request& request) -> WebSocketOpened {
      if (request.target != "/echo") return nullptr;
      return [this](const std::shared_ptr<WebSocket>& socket) { opened(socket); };
    };
    auto started = Server::start(
        io_, options, [](const Request&, const Respond& respond) { respond({.status = 404, .body = "no"}); },
        Logger());
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~WebSocketTest() override {
    boost::asio::post(io_, [this] { server_->stop(); });
    thread_.join();
  }

  void opened(const std::shared_ptr<WebSocket>& socket) {
    const std::weak_ptr<WebSocket> weak = socket;
    socket->serve({.text =
                       [weak](std::string_view text) {
                         const auto self = weak.lock();
                         if (text == "end") return self->close(4401, "over");
                         self->send(std::string(text));
                         self->send(std::string(text));
                       },
                   .closed = [this] { closed_.set_value(); }});
  }

  using Client = websocket::stream<tcp::socket>;
  /// The error of the handshake.
  beast::error_code connect(Client& client, const std::string& path) const {
    client.next_layer().connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    beast::error_code error;
    client.handshake("localhost", path, error);
    return error;
  }
  static std::string read(Client& client) {
    beast::flat_buffer buffer;
    beast::error_code error;
    client.read(buffer, error);
    return error ? "error: " + error.message() : beast::buffers_to_string(buffer.data());
  }
  void expect_closed() {
    EXPECT_EQ(closed_.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }

  boost::asio::io_context io_;
  boost::asio::io_context client_io_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
  std::promise<void> closed_;
};

TEST_F(WebSocketTest, MessagesGoAndComeInOrder) {
  Client client(client_io_);
  ASSERT_FALSE(connect(client, "/echo"));
  client.write(boost::asio::buffer(std::string("one")));
  client.write(boost::asio::buffer(std::string("two")));
  for (const char* expected : {"one", "one", "two", "two"}) EXPECT_EQ(read(client), expected);
  client.close(websocket::close_code::normal);
  expect_closed();
}

TEST_F(WebSocketTest, TheServerSaysWhyItCloses) {
  Client client(client_io_);
  ASSERT_FALSE(connect(client, "/echo"));
  client.write(boost::asio::buffer(std::string("end")));
  EXPECT_TRUE(read(client).starts_with("error"));
  EXPECT_EQ(client.reason().code, 4401);
  EXPECT_EQ(client.reason().reason, "over");
  expect_closed();
}

TEST_F(WebSocketTest, AMessageThatIsTooLargeEndsIt) {
  Client client(client_io_);
  ASSERT_FALSE(connect(client, "/echo"));
  client.write(boost::asio::buffer(std::string(101, 'x')));
  EXPECT_TRUE(read(client).starts_with("error"));
  expect_closed();
}

TEST_F(WebSocketTest, AnotherPathIsAnOrdinaryRequest) {
  Client client(client_io_);
  EXPECT_EQ(connect(client, "/other"), websocket::error::upgrade_declined);
}

TEST_F(WebSocketTest, TheEndOfTheServerIsTheEndOfItsSockets) {
  Client client(client_io_);
  ASSERT_FALSE(connect(client, "/echo"));
  client.write(boost::asio::buffer(std::string("one")));
  for (int times = 0; times < 2; ++times) EXPECT_EQ(read(client), "one");
  boost::asio::post(io_, [this] { server_->stop(); });
  EXPECT_TRUE(read(client).starts_with("error"));
  expect_closed();
}

}  // namespace
}  // namespace meshmq::http
