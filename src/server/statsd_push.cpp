#include "server/statsd_push.hpp"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "admin/metrics.hpp"
#include "net/clock.hpp"

namespace meshmq::server {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

StatsdPush::StatsdPush(asio::io_context& io, const config::Config& config, Logger log)
    : settings_(config.statsd),
      node_(config.node.name),
      log_(log),
      lines_(config.statsd.prefix, node_, config.statsd.tags),
      timer_(io),
      resolver_(io),
      socket_(io) {}

void StatsdPush::start(admin::Desk& desk) {
  desk_ = &desk;
  arm();
}

void StatsdPush::stop() {
  timer_.cancel();
  resolver_.cancel();
}

void StatsdPush::reconfigure(const config::Config& config) {
  if (config.statsd == settings_) return;
  settings_ = config.statsd;
  // Counters begin anew under another name: what was counted before is in the first push.
  lines_ = admin::StatsdLines(settings_.prefix, node_, settings_.tags);
  timer_.cancel();
  if (desk_ != nullptr) arm();
}

void StatsdPush::arm() {
  if (settings_.port == 0) return;
  timer_.expires_after(settings_.interval);
  timer_.async_wait([this](error_code error) {
    if (error) return;
    desk_->query(node::QueryKind::stats, {}, net::read_clock(),
                 [this](const std::vector<node::QueryReply>& replies) {
                   push(lines_.datagrams(admin::metrics_of(replies), admin::stats_of(*desk_, replies)));
                 });
    arm();
  });
}

void StatsdPush::push(std::vector<std::string> datagrams) {
  resolver_.async_resolve(
      settings_.host, std::to_string(settings_.port),
      [this, datagrams = std::move(datagrams)](error_code error, const udp::resolver::results_type& found) {
        if (error == asio::error::operation_aborted) return;
        if (!error && !found.empty()) {
          const udp::endpoint server = found.begin()->endpoint();
          if (socket_.is_open() && socket_.local_endpoint().protocol() != server.protocol()) socket_.close();
          if (!socket_.is_open()) socket_.open(server.protocol(), error);
          for (const std::string& datagram : datagrams) {
            if (!error) socket_.send_to(asio::buffer(datagram), server, 0, error);
          }
        }
        // Nobody there yet is no reason for a line each time.
        if (error && !std::exchange(complained_, true)) {
          log_.warning("StatsD at {}:{} (statsd.server): {}", settings_.host, settings_.port,
                       error.message());
        }
        if (!error) complained_ = false;
      });
}

}  // namespace meshmq::server
