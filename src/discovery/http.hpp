#pragma once
// One HTTP request and its answer, over TCP or TLS.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace meshmq::discovery {

struct Url {
  bool tls = false;
  std::string host;
  std::string port;

  /// `http://host:port` or `https://host`, without a path.
  static Result<Url> parse(std::string_view text);
  std::string text() const;
};

struct HttpRequest {
  Url server;
  std::string path;
  std::string body;           ///< JSON; POST
  std::string authorization;  ///< empty: none
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

using HttpDone = std::function<void(const Result<HttpAnswer>&)>;

/// `done` is called once, from the loop. The server's certificate is verified, with its host. Limits: ten
/// seconds and a mebibyte for all of it.
void http_post(boost::asio::io_context& io, boost::asio::ssl::context& tls, HttpRequest request,
               HttpDone done);

}  // namespace meshmq::discovery
