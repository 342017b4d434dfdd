#include "discovery/mcast.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include <boost/asio/ip/multicast.hpp>
#include <charconv>
#include <utility>

namespace meshmq::discovery {

namespace asio = boost::asio;
namespace multicast = boost::asio::ip::multicast;
using boost::system::error_code;

namespace {

/// How long pongs are collected, and how long a node counts as found that was heard.
constexpr auto collect = std::chrono::seconds(1);
constexpr auto remember = std::chrono::seconds(20);

/// The server holds a Provider; what is under way on the loop holds the rest.
class McastHandle final : public Provider {
 public:
  explicit McastHandle(std::shared_ptr<Mcast> mcast) : mcast_(std::move(mcast)) {}
  ~McastHandle() override { mcast_->stop(); }
  void ask() override { mcast_->ask(); }
  void withdraw() override { mcast_->withdraw(); }

 private:
  std::shared_ptr<Mcast> mcast_;
};

/// 0: the system chooses.
unsigned interface_index(const std::string& iface) {
  return iface == "0.0.0.0" || iface == "::" ? 0 : ::if_nametoindex(iface.c_str());
}

}  // namespace

Result<std::unique_ptr<Provider>> Mcast::make(asio::io_context& io, const Options& options,
                                              OnAnswer on_answer, Logger log) {
  const McastOptions& o = options.mcast;
  Group group;
  error_code error;
  group.address = asio::ip::make_address(o.addr, error);
  if (error || !group.address.is_multicast()) {
    return fail(Errc::invalid_argument, "cluster.mcast.addr = " + o.addr + " is no multicast address");
  }
  for (const std::string& text : split_list(o.ports)) {
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port == 0) {
      return fail(Errc::invalid_argument, "cluster.mcast.ports: '" + text + "' is no port");
    }
    group.ports.push_back(port);
  }
  if (group.ports.empty()) return fail(Errc::invalid_argument, "cluster.mcast.ports names no port");
  asio::ip::make_address(o.iface, error);
  if (error && interface_index(o.iface) == 0) {
    return fail(Errc::invalid_argument,
                "cluster.mcast.iface = " + o.iface + " is neither an address nor an interface of this host");
  }
  return std::make_unique<McastHandle>(
      std::make_shared<Mcast>(io, options, std::move(group), std::move(on_answer), log));
}

Mcast::Mcast(asio::io_context& io, const Options& options, Group group, OnAnswer on_answer, Logger log)
    : options_(options),
      group_(std::move(group)),
      on_answer_(std::move(on_answer)),
      log_(log),
      socket_(io),
      timer_(io) {}

void Mcast::stop() {
  stopped_ = true;
  withdraw();
}

void Mcast::withdraw() {
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  asking_ = false;
  seen_.clear();
}

void Mcast::ask() {
  if (std::exchange(asking_, true)) return;
  if (!socket_.is_open()) {
    if (const auto opened = open(); !opened) {
      error_code ignored;
      socket_.close(ignored);
      problem_ = opened.error().message;
      return answer_later(Clock::duration::zero());
    }
    receive();
  }
  problem_.clear();
  for (const std::uint16_t port : group_.ports) send(McastDatagram::Kind::ping, port);
  answer_later(collect);
}

Result<void> Mcast::open() {
  const McastOptions& o = options_.mcast;
  const auto protocol = group_.address.is_v6() ? asio::ip::udp::v6() : asio::ip::udp::v4();
  error_code error;
  const auto failed = [&](std::string_view what) {
    return fail(Errc::io, fmt::format("{}: {}", what, error.message()));
  };
  socket_.open(protocol, error);
  if (error) return failed("UDP");
  socket_.set_option(asio::socket_base::reuse_address(true), error);
  for (const std::uint16_t port : group_.ports) {
    socket_.bind({protocol, port}, error);
    if (!error) break;
  }
  if (error) return failed("cluster.mcast.ports " + o.ports);
  socket_.set_option(asio::socket_base::send_buffer_size(static_cast<int>(o.sndbuf)), error);
  socket_.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(o.recbuf)), error);
  socket_.set_option(multicast::hops(o.ttl), error);
  if (error) return failed("cluster.mcast.ttl");
  socket_.set_option(multicast::enable_loopback(o.loop), error);
  return join_group();
}

Result<void> Mcast::join_group() {
  const std::string& iface = options_.mcast.iface;
  error_code error;
  const asio::ip::address address = asio::ip::make_address(iface, error);
  const bool named = static_cast<bool>(error);
  error.clear();
  if (group_.address.is_v6()) {
    const unsigned index = interface_index(iface);
    socket_.set_option(multicast::join_group(group_.address.to_v6(), index), error);
    if (!error && index != 0) socket_.set_option(multicast::outbound_interface(index), error);
  } else {
    if (named) {
      return fail(Errc::invalid_argument,
                  "cluster.mcast.iface: an IPv4 group needs an IPv4 address, not " + iface);
    }
    socket_.set_option(multicast::join_group(group_.address.to_v4(), address.to_v4()), error);
    if (!error && !address.is_unspecified()) {
      socket_.set_option(multicast::outbound_interface(address.to_v4()), error);
    }
  }
  if (error) {
    return fail(Errc::io, fmt::format("cannot take part in {} (cluster.mcast.iface = {}): {}",
                                      options_.mcast.addr, iface, error.message()));
  }
  return {};
}

void Mcast::receive() {
  socket_.async_receive_from(asio::buffer(buffer_), from_,
                             [self = shared_from_this()](error_code error, std::size_t size) {
                               if (self->stopped_ || error == asio::error::operation_aborted) return;
                               if (!error) self->heard({self->buffer_, size});
                               if (self->socket_.is_open()) self->receive();
                             });
}

void Mcast::heard(std::string_view bytes) {
  const auto datagram = McastDatagram::decode(bytes, options_.cluster, options_.cookie);
  if (!datagram) {
    if (datagram.error().code == Errc::refused && !std::exchange(told_cookie_, true)) {
      log_.warning("Discovery by mcast: {} sends datagrams {}", from_.address().to_string(),
                   datagram.error().message);
    }
    return;
  }
  if (datagram->node == options_.node || !is_node_name(datagram->node)) return;
  if (seen_.size() >= nodes_max && !seen_.contains(datagram->node)) seen_.erase(seen_.begin());
  seen_[datagram->node] = Clock::now();
  // To the group again: several nodes of one host share a port, and only the group reaches all of them.
  if (datagram->kind == McastDatagram::Kind::ping) send(McastDatagram::Kind::pong, from_.port());
}

void Mcast::send(McastDatagram::Kind kind, std::uint16_t port) {
  auto bytes = std::make_shared<std::string>(
      McastDatagram{kind, options_.cluster, options_.node}.encode(options_.cookie));
  const asio::ip::udp::endpoint to(group_.address, port);
  socket_.async_send_to(
      asio::buffer(*bytes), to, [self = shared_from_this(), bytes](error_code error, std::size_t) {
        if (error && error != asio::error::operation_aborted) {
          self->problem_ = "cannot send to " + self->options_.mcast.addr + ": " + error.message();
        }
      });
}

void Mcast::answer_later(Clock::duration delay) {
  timer_.expires_after(delay);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->stopped_) self->answer();
  });
}

void Mcast::answer() {
  asking_ = false;
  std::erase_if(seen_, [](const auto& entry) { return entry.second + remember < Clock::now(); });
  if (!problem_.empty() && seen_.empty()) return on_answer_(fail(Errc::io, problem_));
  Discovered found;
  for (const auto& [node, when] : seen_) found.nodes.push_back(node);
  on_answer_(found);
}

}  // namespace meshmq::discovery
