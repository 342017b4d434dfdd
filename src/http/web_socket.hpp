#pragma once
// A WebSocket, as those who serve it see it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace meshmq::http {

/// What comes from the other end. `closed` is called once, also if this end closes.
struct WebSocketEvents {
  std::function<void(std::string_view)> text;
  std::function<void()> closed;
};

/// Text messages only. Thread rule: one owner, the loop of the server.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  /// Begins to read. Nothing is called from within.
  virtual void serve(WebSocketEvents events) = 0;
  /// Written in order, when those before are written: who sends for ever looks at waiting().
  virtual void send(std::string text) = 0;
  /// Messages that are not written yet.
  virtual std::size_t waiting() const = 0;
  /// Says goodbye with a code of RFC 6455, section 7.4. Nothing is sent after it.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual const std::string& peer() const = 0;
};

/// Takes a socket that has been opened.
using WebSocketOpened = std::function<void(const std::shared_ptr<WebSocket>&)>;
/// Asked about every request for a WebSocket; nullptr: it is answered as any other request.
using Upgrade = std::function<WebSocketOpened(const Request&)>;

}  // namespace meshmq::http
