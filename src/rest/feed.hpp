#pragma once
// What the dashboard hears without asking: how the nodes of the cluster were in the last minutes, and then
// how they are, every other second.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/message.hpp"
#include "http/web_socket.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

/// A WebSocket at `path`. Its first message is `{"token":...}`, one of a login on this node: a page of
/// another site has none, and it stands in no log. When the login ends the socket is closed. Nothing is asked
/// of the cluster while nobody listens. Thread rule: one owner, the control thread.
class Feed {
 public:
  static constexpr std::string_view path = "/api/v4/live";
  static constexpr Duration interval = std::chrono::seconds(2);
  static constexpr Duration login_wait = std::chrono::seconds(5);
  /// Who does not take what is sent misses some; after so many times he is closed.
  static constexpr unsigned misses_max = 15;
  /// Codes of the end: the token is wrong or over; no token came; too slow.
  static constexpr std::uint16_t login_over = 4401;
  static constexpr std::uint16_t login_missing = 4408;
  static constexpr std::uint16_t too_slow = 4413;

  /// `office` must outlive it. `clock` is asked when a message comes.
  Feed(Office& office, std::function<Now()> clock) : office_(office), clock_(std::move(clock)) {}

  /// Whether a request for a WebSocket is for this: the path, and no page of another site.
  static bool wants(const http::Request& request);
  void opened(const std::shared_ptr<http::WebSocket>& socket);
  /// Call every second, as long as somebody listens; sooner while in_hurry().
  void tick(Now now);
  /// Somebody has not been told anything yet.
  bool in_hurry() const;
  std::size_t listeners() const { return listeners_.size(); }

 private:
  struct Listener {
    std::shared_ptr<http::WebSocket> socket;
    TimePoint since{};
    std::string token{};  ///< empty: not logged in yet
    unsigned misses = 0;
    bool told = false;  ///< how the nodes were
  };
  void log_in(std::uint64_t id, std::string_view text);
  void end_logins(Now now);
  void gather_history(Now now);
  void gather(Now now);
  void send(const std::string& text);

  Office& office_;
  const std::function<Now()> clock_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t last_id_ = 0;
  TimePoint gathered_{};
  std::string history_;  ///< for those who have not been told; empty: not gathered
  bool gathering_ = false;
};

}  // namespace meshmq::rest
