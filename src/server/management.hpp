#pragma once
// The management API's doors: HTTP listeners in front of rest::Office.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/desk.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "rest/office.hpp"

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

  // --- one listener, named http:dashboard or http:management; as admin::Host has it
  static bool is_one(std::string_view id) { return id.starts_with("http:"); }
  std::vector<admin::ListenerInfo> listeners() const;
  Result<void> start_listener(std::string_view id);
  Result<void> stop_listener(std::string_view id);
  /// Of one that runs; 0 otherwise.
  std::uint16_t port_of(std::string_view id) const;

 private:
  struct Door {
    std::string id;
    const config::HttpListener& config;
    std::uint16_t port;
    std::unique_ptr<http::Server> server;
  };
  Result<void> open(Door& door);
  Door* find(std::string_view id);

  boost::asio::io_context& io_;
  const config::Config& config_;
  const Logger log_;
  Event event_;
  std::unique_ptr<rest::Office> office_;
  std::vector<Door> doors_;
};

}  // namespace meshmq::server
