#pragma once
// The management API's doors: HTTP and HTTPS listeners in front of rest::Office, the dashboard and its feed.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/desk.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "net/tls_listener.hpp"
#include "rest/feed.hpp"
#include "rest/office.hpp"
#include "server/dashboard_pages.hpp"

namespace meshmq::server {

/// Thread rule: one owner, the control thread.
class Management {
 public:
  /// Runs something as an event of the node.
  using Event = std::function<void(const std::function<void()>&)>;

  /// `config` must outlive it.
  Management(boost::asio::io_context& io, const config::Config& config, Logger log);
  /// Before anything else; `desk` must outlive it.
  void attach(admin::Desk& desk, Event event);

  /// What may change while it runs.
  void reconfigure(const config::Config& config);

  /// Opens what is configured; `said` hears of each. Fails with `Failed to start <id> listener on ...`.
  Result<void> start(const std::function<void(const std::string&)>& say);
  void stop();
  rest::Office& office() { return *office_; }

  // --- one listener, named http:dashboard, https:dashboard or :management; as admin::Host has it
  static bool is_one(std::string_view id) { return id.starts_with("http:") || id.starts_with("https:"); }
  std::vector<admin::ListenerInfo> listeners() const;
  std::vector<admin::ListenerInfo> stopped_listeners() const;
  Result<void> start_listener(std::string_view id);
  Result<void> stop_listener(std::string_view id);
  /// Of those that run, by their keys: dashboard.listener.http.
  std::vector<std::pair<std::string, std::uint16_t>> ports() const;
  /// What is called for the certificates of each listener with TLS.
  void for_each_tls(const std::function<void(const std::string& id, net::TlsListener&)>& act) const;

 private:
  struct Door {
    std::string id;
    std::string key;
    const config::HttpListener& config;
    bool pages;  ///< whether the dashboard is here
    std::uint16_t port;
    std::shared_ptr<net::TlsListener> tls{};
    std::unique_ptr<http::Server> server{};
  };
  void add_door(std::string_view name, const config::HttpListener& listener, bool tls);
  Result<void> open(Door& door);
  Result<void> read_certificates(Door& door);
  void handle(const Door& door, const http::Request& request, http::Respond respond);
  http::WebSocketOpened upgrade(const http::Request& request);
  void arm_feed();
  void arm_history();
  Door* find(std::string_view id);

  boost::asio::io_context& io_;
  const config::Config& config_;
  const Logger log_;
  Event event_;
  DashboardPages pages_;
  std::unique_ptr<rest::Office> office_;
  std::unique_ptr<rest::Feed> feed_;
  boost::asio::steady_timer feed_timer_;
  bool feeding_ = false;
  boost::asio::steady_timer history_timer_;
  std::deque<Door> doors_;  ///< do not move: their requests know them
};

}  // namespace meshmq::server
