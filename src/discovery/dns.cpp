#include "discovery/dns.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

namespace meshmq::discovery {

using boost::system::error_code;

namespace {

constexpr auto look_interval = std::chrono::milliseconds(10);
constexpr int class_in = 1;

}  // namespace

Result<std::unique_ptr<Provider>> Dns::make(boost::asio::io_context& io, const DnsOptions& options,
                                            OnAnswer on_answer) {
  if (options.name.empty()) return fail(Errc::invalid_argument, "cluster.dns.name is not set");
  const DnsType type = options.type == "srv"    ? DnsType::srv
                       : options.type == "aaaa" ? DnsType::aaaa
                                                : DnsType::a;
  if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) return fail(Errc::io, "c-ares does not start");
  return std::make_unique<Dns>(io, options, type, std::move(on_answer));
}

Dns::Dns(boost::asio::io_context& io, const DnsOptions& options, DnsType type, OnAnswer on_answer)
    : options_(options), type_(type), on_answer_(std::move(on_answer)), timer_(io) {}

Dns::~Dns() {
  Dns::withdraw();
  ares_library_cleanup();
}

void Dns::withdraw() {
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  timer_.cancel();
  asking_ = false;
  result_.reset();
}

void Dns::ask() {
  if (std::exchange(asking_, true)) return;
  result_.reset();
  if (const auto begun = begin(); !begun) result_ = tl::unexpected<Error>(begun.error());
  look_soon();
}

Result<void> Dns::begin() {
  ares_options options{};
  options.timeout = try_ms;
  options.tries = tries;
  int status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status == ARES_SUCCESS && !options_.server.empty()) {
    status = ares_set_servers_ports_csv(channel_, options_.server.c_str());
  }
  if (status != ARES_SUCCESS) return fail(Errc::io, fmt::format("c-ares: {}", ares_strerror(status)));
  ares_query(
      channel_, options_.name.c_str(), class_in, static_cast<int>(type_),
      [](void* self, int result, int, unsigned char* bytes, int size) {
        static_cast<Dns*>(self)->heard(result, {reinterpret_cast<const char*>(bytes),
                                                bytes == nullptr ? 0 : static_cast<std::size_t>(size)});
      },
      this);
  return {};
}

void Dns::heard(int status, std::string_view reply) {
  if (status == ARES_EDESTRUCTION) return;
  if (status == ARES_SUCCESS) {
    result_ = read_dns_reply(reply, type_, options_.app);
  } else {
    result_ = fail(Errc::unreachable, fmt::format("{}: {}", options_.name, ares_strerror(status)));
  }
}

void Dns::look_soon() {
  timer_.expires_after(look_interval);
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](error_code error) {
    if (!error && !alive.expired() && asking_) look();
  });
}

void Dns::look() {
  if (!result_) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    const auto wanted = static_cast<unsigned>(ares_getsock(channel_, sockets, ARES_GETSOCK_MAXNUM));
    bool any = false;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      pollfd entry{sockets[i], 0, 0};
      if (ARES_GETSOCK_READABLE(wanted, i)) entry.events |= POLLIN;
      if (ARES_GETSOCK_WRITABLE(wanted, i)) entry.events |= POLLOUT;
      if (entry.events == 0 || ::poll(&entry, 1, 0) <= 0) continue;
      any = true;
      ares_process_fd(channel_, (entry.revents & ~POLLOUT) != 0 ? entry.fd : ARES_SOCKET_BAD,
                      (entry.revents & POLLOUT) != 0 ? entry.fd : ARES_SOCKET_BAD);
    }
    if (!any) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time passes
  }
  if (!result_) return look_soon();
  const Result<Discovered> result = *std::exchange(result_, std::nullopt);
  withdraw();
  on_answer_(result);
}

}  // namespace meshmq::discovery
