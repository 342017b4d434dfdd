#pragma once
// HTTP requests and their answers, over TCP or TLS.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace meshmq::discovery {

struct Url {
  bool tls = false;
  std::string host;
  std::string port;

  /// `http://host:port` or `https://host`, without a path.
  static Result<Url> parse(std::string_view text);
  std::string text() const;
  /// host:port
  std::string authority() const;
};

struct HttpRequest {
  Url server;
  std::string path;
  std::string body;                               ///< JSON unless `content_type` says otherwise
  std::string authorization;                      ///< empty: none
  std::string method = "POST";                    ///< or GET, PUT, DELETE
  std::string content_type = "application/json";  ///< of a body
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

using HttpDone = std::function<void(const Result<HttpAnswer>&)>;
using Tls = std::shared_ptr<boost::asio::ssl::context>;

/// `done` is called once, from the loop. The server's certificate is verified, with its host. Limits: ten
/// seconds and a mebibyte for all of it.
void http_send(boost::asio::io_context& io, Tls tls, HttpRequest request, HttpDone done);

/// Ends the request that it came from; nothing is heard of it any more.
using HttpCancel = std::function<void()>;
using HttpLine = std::function<void(std::string_view line)>;

/// The same for an answer that grows for as long as the server likes: `line` hears each line of a status 200
/// as it comes, `done` the end. Limits: ten seconds up to the first bytes, `wait` for the whole, four
/// mebibytes a line.
HttpCancel http_follow(boost::asio::io_context& io, Tls tls, HttpRequest request, Duration wait,
                       HttpLine line, HttpDone done);

/// A context of a client that verifies servers: by `cacertfile`, or as the system does if that is empty.
/// Fails with what OpenSSL says of the file.
Result<Tls> make_tls(const std::string& cacertfile);

}  // namespace meshmq::discovery
