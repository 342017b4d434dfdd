#pragma once
// Sends what the node counts to StatsD.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "admin/desk.hpp"
#include "admin/statsd.hpp"
#include "base/log.hpp"
#include "config/config.hpp"

namespace meshmq::server {

/// Sends nothing if statsd.server is not configured. The server's name is looked up each time: it may move.
/// Thread rule: the control thread.
class StatsdPush {
 public:
  StatsdPush(boost::asio::io_context& io, const config::Config& config, Logger log);

  /// `desk` must outlive the last event of the loop.
  void start(admin::Desk& desk);
  void stop();
  /// Other settings: from the next push on.
  void reconfigure(const config::Config& config);

 private:
  void arm();
  void push(std::vector<std::string> datagrams);

  config::Statsd settings_;
  const std::string node_;
  const Logger log_;
  admin::StatsdLines lines_;
  admin::Desk* desk_ = nullptr;
  boost::asio::steady_timer timer_;
  boost::asio::ip::udp::resolver resolver_;
  boost::asio::ip::udp::socket socket_;
  bool complained_ = false;
};

}  // namespace meshmq::server
