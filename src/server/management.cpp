#include "server/management.hpp"

#include <fmt/format.h>

#include <utility>

#include "net/clock.hpp"
#include "server/listener_setup.hpp"

namespace meshmq::server {

namespace {

constexpr Duration feed_interval = std::chrono::seconds(1);
/// While somebody looks at an empty page.
constexpr Duration feed_hurry = std::chrono::milliseconds(100);

rest::Settings settings_of(const config::Config& config) {
  const config::Management& from = config.management;
  return {.rows_max = from.rows_max,
          .emqx_names = from.emqx_names,
          .metrics_need_login = from.metrics_need_login,
          .token_lifetime = from.token_lifetime,
          .zones = config.zone_names,
          .monotonic_us = net::monotonic_us};
}

admin::Defaults defaults_of(const config::Management& from) {
  return {.application = {from.application_id, from.application_secret},
          .user = {from.default_user, from.default_password}};
}

std::string address(const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(ipv6 ? "[{}]:{}" : "{}:{}"), host, port);
}

}  // namespace

Management::Management(boost::asio::io_context& io, const config::Config& config, Logger log)
    : io_(io),
      config_(config),
      log_(log),
      pages_(config.management.pages, config.management.pages_directory),
      feed_timer_(io),
      history_timer_(io) {
  const config::Management& from = config.management;
  add_door("dashboard", from.dashboard, false);
  add_door("dashboard", from.dashboard_tls, true);
  add_door("management", from.api, false);
  add_door("management", from.api_tls, true);
}

void Management::add_door(std::string_view name, const config::HttpListener& listener, bool tls) {
  const std::string_view protocol = tls ? "https" : "http";
  if (!listener.on) return;
  doors_.push_back({.id = fmt::format("{}:{}", protocol, name),
                    .key = fmt::format("{}.listener.{}", name, protocol),
                    .config = listener,
                    .pages = name == "dashboard",
                    .port = listener.port});
}

void Management::attach(admin::Desk& desk, Event event) {
  event_ = std::move(event);
  desk.defaults = defaults_of(config_.management);
  office_ = std::make_unique<rest::Office>(desk, settings_of(config_), log_);
  feed_ = std::make_unique<rest::Feed>(*office_, net::read_clock);
}

void Management::reconfigure(const config::Config& config) {
  office_->desk().defaults = defaults_of(config.management);
  office_->reconfigure(settings_of(config));
}

Result<void> Management::start(const std::function<void(const std::string&)>& say) {
  for (Door& door : doors_) {
    if (auto opened = open(door); !opened) {
      return fail(opened.error().code,
                  fmt::format("Failed to start {} listener on {}: {}", door.id,
                              address(door.config.host, door.port), opened.error().message));
    }
    say(fmt::format("Start {} listener on {} successfully.", door.id, door.port));
  }
  arm_history();
  return {};
}

Result<void> Management::open(Door& door) {
  if (auto read = read_certificates(door); !read) return read;
  http::ServerOptions options{.host = door.config.host,
                              .port = door.port,
                              .connections_max = door.config.connections_max,
                              .body_bytes_max = config_.management.body_bytes_max};
  options.upgrade = [this](const http::Request& request) { return upgrade(request); };
  if (door.tls) {
    options.make_tls = [tls = door.tls] {
      auto [ssl, context] = tls->make_ssl();
      return http::TlsSession{ssl, std::move(context)};
    };
  }
  const auto serve = [this, &door](const http::Request& request, http::Respond respond) {
    handle(door, request, std::move(respond));
  };
  auto server = http::Server::start(io_, options, serve, log_);
  if (!server) return tl::unexpected<Error>(std::move(server.error()));
  door.server = std::move(*server);
  // The next start takes the same port.
  door.port = door.server->port();
  return {};
}

/// Those of a start are new, those of a restart too.
Result<void> Management::read_certificates(Door& door) {
  if (!door.id.starts_with("https:")) return {};
  std::vector<std::string> warnings;
  auto opened = net::TlsListener::open(tls_options(door.config.tls, door.key), warnings);
  for (const std::string& warning : warnings) log_.warning("{}", warning);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  door.tls = std::move(*opened);
  return {};
}

void Management::handle(const Door& door, const http::Request& request, http::Respond respond) {
  if (door.pages) {
    if (auto page = pages_.answer(request)) return respond(std::move(*page));
  }
  event_([&] { office_->handle(request, net::read_clock(), std::move(respond)); });
}

// ---------------------------------------------------------------- the feed

http::WebSocketOpened Management::upgrade(const http::Request& request) {
  if (!rest::Feed::wants(request)) return nullptr;
  return [this](const std::shared_ptr<http::WebSocket>& socket) {
    feed_->opened(socket);
    // Whoever opens many does not put it off again and again.
    const auto soon = boost::asio::steady_timer::clock_type::now() + feed_hurry;
    if (!std::exchange(feeding_, true) || feed_timer_.expiry() > soon) arm_feed();
  };
}

void Management::arm_feed() {
  feed_timer_.expires_after(feed_->in_hurry() ? feed_hurry : feed_interval);
  feed_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    event_([this] { feed_->tick(net::read_clock()); });
    feeding_ = feed_->listeners() > 0;
    if (feeding_) arm_feed();
  });
}

/// Also where no door is: others ask.
void Management::arm_history() {
  constexpr Duration interval = rest::RateHistory::interval;
  history_timer_.expires_after(interval - net::read_clock().mono.time_since_epoch() % interval);
  history_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    event_([this] { rest::record_rates(*office_, net::read_clock()); });
    arm_history();
  });
}

// ---------------------------------------------------------------- listeners

void Management::stop() {
  feed_timer_.cancel();
  history_timer_.cancel();
  for (Door& door : doors_) door.server.reset();
}

void Management::for_each_tls(
    const std::function<void(const std::string& id, net::TlsListener&)>& act) const {
  for (const Door& door : doors_) {
    if (door.tls && door.server) act(door.id, *door.tls);
  }
}

Management::Door* Management::find(std::string_view id) {
  for (Door& door : doors_) {
    if (door.id == id) return &door;
  }
  return nullptr;
}

std::vector<admin::ListenerInfo> Management::listeners() const {
  std::vector<admin::ListenerInfo> result;
  for (const Door& door : doors_) {
    if (!door.server) continue;
    result.push_back({.id = door.id,
                      .listen_on = address(door.config.host, door.port),
                      .acceptors = 1,
                      .connections_max = door.config.connections_max,
                      .connections = door.server->connections(),
                      .shutdown_counts = {}});
  }
  return result;
}

std::vector<admin::ListenerInfo> Management::stopped_listeners() const {
  std::vector<admin::ListenerInfo> result;
  for (const Door& door : doors_) {
    if (door.server) continue;
    result.push_back({.id = door.id,
                      .listen_on = address(door.config.host, door.port),
                      .acceptors = 1,
                      .connections_max = door.config.connections_max,
                      .connections = 0,
                      .shutdown_counts = {},
                      .running = false});
  }
  return result;
}

Result<void> Management::start_listener(std::string_view id) {
  Door* door = find(id);
  if (door == nullptr) return fail(Errc::not_found, "no such listener");
  if (door->server) return fail(Errc::already_exists, "it runs already");
  return open(*door);
}

Result<void> Management::stop_listener(std::string_view id) {
  Door* door = find(id);
  if (door == nullptr || !door->server) return fail(Errc::not_found, "no such listener");
  door->server.reset();
  return {};
}

std::vector<std::pair<std::string, std::uint16_t>> Management::ports() const {
  std::vector<std::pair<std::string, std::uint16_t>> result;
  for (const Door& door : doors_) {
    if (door.server) result.emplace_back(door.key, door.port);
  }
  return result;
}

}  // namespace meshmq::server
