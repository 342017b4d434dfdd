#include "server/management.hpp"

#include <fmt/format.h>

#include <utility>

#include "net/clock.hpp"

namespace meshmq::server {

namespace {

rest::Settings settings_of(const config::Config& config) {
  const config::Management& from = config.management;
  return {.rows_max = from.rows_max,
          .emqx_names = from.emqx_names,
          .metrics_need_login = from.metrics_need_login,
          .token_lifetime = from.token_lifetime,
          .zones = config.zone_names};
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
    : io_(io), config_(config), log_(log) {
  const config::Management& from = config.management;
  for (const auto& [id, listener] :
       {std::pair("http:dashboard", &from.dashboard), std::pair("http:management", &from.api)}) {
    if (listener->on) doors_.push_back({id, *listener, listener->port, nullptr});
  }
}

void Management::attach(admin::Desk& desk, Event event) {
  event_ = std::move(event);
  desk.defaults = defaults_of(config_.management);
  office_ = std::make_unique<rest::Office>(desk, settings_of(config_), log_);
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
  return {};
}

Result<void> Management::open(Door& door) {
  const http::ServerOptions options{.host = door.config.host,
                                    .port = door.port,
                                    .connections_max = door.config.connections_max,
                                    .body_bytes_max = config_.management.body_bytes_max};
  const auto handle = [this](http::Request request, http::Respond respond) {
    event_([&] { office_->handle(request, net::read_clock(), std::move(respond)); });
  };
  auto server = http::Server::start(io_, options, handle, log_);
  if (!server) return tl::unexpected<Error>(std::move(server.error()));
  door.server = std::move(*server);
  // The next start takes the same port.
  door.port = door.server->port();
  return {};
}

void Management::stop() {
  for (Door& door : doors_) door.server.reset();
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

std::uint16_t Management::port_of(std::string_view id) const {
  for (const Door& door : doors_) {
    if (door.id == id && door.server) return door.port;
  }
  return 0;
}

}  // namespace meshmq::server
