#pragma once
// One connection of an HTTP client. For this folder's own files.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/message.hpp"
#include "http/server.hpp"

namespace meshmq::http {

/// Keeps itself alive while something is under way. Thread rule: one owner.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `options` and `handler` must live as long as `closed`, which is called once, at the end.
  Connection(boost::asio::ip::tcp::socket socket, const ServerOptions& options, const Handler& handler,
             std::function<void(Connection*)> closed);
  ~Connection();

  void start() { read_header(); }
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Message = boost::beast::http::response<boost::beast::http::string_body>;

  void read_header();
  void read_body();
  void serve();
  void refuse(boost::system::error_code error);
  void answer(Response response, bool keep_alive);

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Message> message_;
  const ServerOptions& options_;
  const Handler& handler_;
  std::function<void(Connection*)> closed_;
  std::string peer_;
  bool head_ = false;  ///< the request was HEAD: the answer has no body
};

}  // namespace meshmq::http
