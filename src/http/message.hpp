#pragma once
// HTTP requests and answers as values, for those who serve them.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshmq::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  ///< GET
  std::string target;  ///< as it was sent: path, perhaps `?` and a query
  Headers headers;     ///< names in small letters
  std::string body;
  std::string peer;  ///< address of who asks, without its port

  /// Empty if there is none.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers{};  ///< besides those of every answer
};

/// Called once, perhaps before the handler returns. Does nothing if the client has gone.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(Request, Respond)>;

}  // namespace meshmq::http
