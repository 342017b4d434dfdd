#include "mesh/mesh.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "erldist/frame.hpp"
#include "erldist/handshake.hpp"
#include "erldist/peer.hpp"
#include "mesh/dial.hpp"
#include "mesh/epmd_service.hpp"
#include "mesh/link.hpp"
#include "mesh/wire.hpp"

namespace meshmq::mesh {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using cluster::LinkError;

namespace {

constexpr std::string_view control_process = "meshmq_cluster";
constexpr auto tick_interval = std::chrono::milliseconds(250);
/// A real Erlang node ticks every quarter of its own net_ticktime (60 s unless told otherwise).
constexpr Duration foreign_tick_time = std::chrono::seconds(75);
constexpr std::size_t handshakes_max = 256;

}  // namespace

AdoptedSocket::~AdoptedSocket() {
  if (fd >= 0) ::close(fd);
}

class Mesh::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, MeshOptions options, MeshHandler& handler, Logger log)
      : io_(io), options_(std::move(options)), handler_(handler), log_(log), acceptor_(io), timer_(io) {}

  void secure(std::shared_ptr<erldist::SecureChannels> tls) { options_.tls = std::move(tls); }
  Result<void> start();
  void stop();
  std::uint16_t port() const { return port_; }
  bool serves_epmd() const { return epmd_ != nullptr && epmd_->serving(); }

  void dial(const std::string& node);
  void hang_up(const std::string& node);
  void send(const std::string& node, std::string_view frame);
  void dial_forward(std::uint16_t worker, const std::string& node, ForwardDone done);
  void rpc_answer(MeshHandler::RpcId id, std::string_view output, const erldist::Term& value);
  void rpc_refuse(MeshHandler::RpcId id, std::string_view reason);

 private:
  /// A handshake that another node began.
  struct Incoming {
    explicit Incoming(asio::io_context& io) : wire(std::make_shared<Wire>(tcp::socket(io))) {}
    std::shared_ptr<Wire> wire;
    std::optional<erldist::Handshake> handshake;
    std::string from;
    std::string output;
  };
  using IncomingPtr = std::shared_ptr<Incoming>;
  struct Foreign {
    std::shared_ptr<Link> link;
    erldist::Services services;
    std::string name;
  };

  Result<void> listen();
  void accept();
  void secure(const IncomingPtr& incoming);
  void begin_handshake(const IncomingPtr& incoming);
  void read_handshake(const IncomingPtr& incoming);
  void step_handshake(const IncomingPtr& incoming);
  erldist::Welcome welcome(const erldist::RemoteIdentity& caller);
  void settled(const IncomingPtr& incoming);
  void refused(const IncomingPtr& incoming);
  void add_control(std::shared_ptr<Wire> wire, const erldist::RemoteIdentity& peer, std::string rest);
  void add_foreign(std::shared_ptr<Wire> wire, const erldist::RemoteIdentity& peer, std::string rest);
  void control_frame(const std::string& node, std::string_view body);
  void foreign_frame(std::uint64_t id, std::string_view body);
  void dial_done(const std::string& node, tl::expected<Called, DialError> result);
  void arm_timer();
  erldist::Identity identity(const std::string& name, std::uint64_t extra_flags) const {
    return {name, options_.cookie, erldist::flag::ours | extra_flags, epmd_ ? epmd_->creation() : creation_};
  }

  asio::io_context& io_;
  MeshOptions options_;
  MeshHandler& handler_;
  Logger log_;
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  std::unique_ptr<EpmdService> epmd_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  std::map<std::string, std::shared_ptr<Link>> links_;
  std::map<std::string, erldist::BinarySender> senders_;
  std::map<std::string, std::shared_ptr<Dial>> dials_;
  std::map<std::uint64_t, Foreign> foreign_;
  std::map<IncomingPtr, bool> incoming_;
  std::uint64_t last_foreign_ = 0;
  const std::uint32_t creation_ = random_challenge() | 1;  ///< without EPMD, which gives one otherwise
};

// ---------------------------------------------------------------- life

Result<void> Mesh::Impl::start() {
  if (auto result = listen(); !result) return result;
  if (options_.epmd) {
    const auto name = erldist::parse_node_name(options_.node);
    if (!name) return fail(Errc::invalid_argument, "node.name '" + options_.node + "' is not name@host");
    epmd_ = std::make_unique<EpmdService>(io_, options_.epmd_port, name->alive, port_, log_);
    if (auto result = epmd_->start(); !result) return result;
  }
  accept();
  arm_timer();
  return {};
}

Result<void> Mesh::Impl::listen() {
  error_code error;
  const auto protocol = options_.ipv6 ? tcp::v6() : tcp::v4();
  for (std::uint32_t port = options_.port_min; port <= options_.port_max; ++port) {
    error_code ignored;
    acceptor_.close(ignored);
    acceptor_.open(protocol, error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind({protocol, static_cast<std::uint16_t>(port)}, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) continue;
    port_ = acceptor_.local_endpoint(error).port();
    return {};
  }
  return fail(Errc::io, fmt::format("no free port for other nodes in node.dist_listen_min..max = {}..{}: {}",
                                    options_.port_min, options_.port_max, error.message()));
}

void Mesh::Impl::stop() {
  stopped_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
  if (epmd_) epmd_->stop();
  for (const auto& [node, link] : links_) link->close(LinkError::closed, "this node stops");
  for (const auto& [id, f] : foreign_) f.link->close(LinkError::closed, "this node stops");
  for (const auto& [incoming, unused] : incoming_) incoming->wire->close();
  links_.clear();
  foreign_.clear();
  incoming_.clear();
}

void Mesh::Impl::arm_timer() {
  timer_.expires_after(tick_interval);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->stopped_) return;
    const Now now = read_now();
    for (const auto& [node, link] : std::map(self->links_)) link->tick(now);
    for (const auto& [id, f] : self->foreign_) f.link->tick(now);
    for (const auto& [incoming, unused] : std::map(self->incoming_)) {
      incoming->handshake->tick(now);
      if (incoming->handshake->failed()) self->step_handshake(incoming);
    }
    self->arm_timer();
  });
}

// ---------------------------------------------------------------- accepting

void Mesh::Impl::accept() {
  auto incoming = std::make_shared<Incoming>(io_);
  acceptor_.async_accept(incoming->wire->socket(), [self = shared_from_this(), incoming](error_code error) {
    if (self->stopped_ || error == asio::error::operation_aborted) return;
    if (!error && self->incoming_.size() < handshakes_max) {
      error_code ignored;
      tcp::socket& socket = incoming->wire->socket();
      socket.set_option(tcp::no_delay(true), ignored);
      const auto endpoint = socket.remote_endpoint(ignored);
      incoming->from = fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
      self->incoming_[incoming] = true;
      self->begin_handshake(incoming);
      if (self->options_.tls) {
        self->secure(incoming);
      } else {
        self->read_handshake(incoming);
      }
    }
    self->accept();
  });
}

/// Its time begins now.
void Mesh::Impl::begin_handshake(const IncomingPtr& incoming) {
  incoming->handshake =
      erldist::Handshake::accept(identity(options_.node, erldist::flag::meshmq), random_challenge(),
                                 options_.tls != nullptr, read_now(), options_.setup_time);
}

void Mesh::Impl::secure(const IncomingPtr& incoming) {
  incoming->wire->secure(options_.tls->accept(), [self = shared_from_this(), incoming](error_code error) {
    if (self->stopped_ || !self->incoming_.contains(incoming)) return;
    if (error) return self->refused(incoming);
    self->begin_handshake(incoming);
    self->read_handshake(incoming);
  });
}

void Mesh::Impl::read_handshake(const IncomingPtr& incoming) {
  incoming->wire->read([self = shared_from_this(), incoming](error_code error, std::string_view bytes) {
    if (self->stopped_ || !self->incoming_.contains(incoming)) return;
    if (error) {
      incoming->handshake->closed();
    } else {
      incoming->handshake->feed(bytes, read_now());
    }
    self->step_handshake(incoming);
  });
}

void Mesh::Impl::step_handshake(const IncomingPtr& incoming) {
  erldist::Handshake& handshake = *incoming->handshake;
  if (handshake.wants_welcome()) handshake.welcome(welcome(handshake.peer()), read_now());
  incoming->output = handshake.take_output();
  if (incoming->output.empty()) {
    if (handshake.failed()) return refused(incoming);
    if (handshake.done()) return settled(incoming);
    return read_handshake(incoming);
  }
  incoming->wire->write(incoming->output, [self = shared_from_this(), incoming](error_code error) {
    if (self->stopped_ || !self->incoming_.contains(incoming)) return;
    if (error) incoming->handshake->closed();
    if (incoming->handshake->failed()) return self->refused(incoming);
    if (incoming->handshake->done()) return self->settled(incoming);
    self->read_handshake(incoming);
  });
}

erldist::Welcome Mesh::Impl::welcome(const erldist::RemoteIdentity& caller) {
  if (caller.name == options_.node) {
    log_.error("Connection attempt from a node of our own name '{}' rejected", caller.name);
    return erldist::Welcome::not_allowed;
  }
  if (erldist::parse_forward_name(caller.name) || (caller.flags & erldist::flag::meshmq) == 0) {
    return erldist::Welcome::ok;
  }
  if (const auto it = links_.find(caller.name); it != links_.end()) {
    // Another start of that node is no return of the one we are linked to: there are two, or that one just
    // died.
    const bool other_start = it->second->peer().creation != caller.creation;
    return other_start && it->second->lively(read_now()) ? erldist::Welcome::duplicate
                                                         : erldist::Welcome::alive;
  }
  if (const auto it = dials_.find(caller.name); it != dials_.end()) {
    // [otp] Of two calls at once the one of the greater name goes on.
    if (options_.node > caller.name) return erldist::Welcome::nok;
    const auto dial = it->second;
    dials_.erase(it);
    dial->cancel({LinkError::closed, ""});
    return erldist::Welcome::ok_simultaneous;
  }
  return erldist::Welcome::ok;
}

void Mesh::Impl::refused(const IncomingPtr& incoming) {
  incoming_.erase(incoming);
  incoming->wire->close();
  if (const std::string& why = incoming->wire->tls_error(); !why.empty())
    return log_.warning("Refused {}: TLS: {}", incoming->from, why);
  const auto error = incoming->handshake->error();
  if (error == erldist::HandshakeError::simultaneous) return;
  log_.warning("Refused {}: {}", incoming->from, incoming->handshake->reason());
}

void Mesh::Impl::settled(const IncomingPtr& incoming) {
  incoming_.erase(incoming);
  const erldist::RemoteIdentity& peer = incoming->handshake->peer();
  std::string rest = incoming->handshake->take_rest();
  if ((peer.flags & erldist::flag::meshmq) == 0) return add_foreign(incoming->wire, peer, std::move(rest));
  if (const auto forward = erldist::parse_forward_name(peer.name)) {
    auto socket = incoming->wire->release(std::move(rest));
    if (socket) handler_.forward_accepted(forward->node, forward->worker, std::move(*socket));
    return;
  }
  add_control(incoming->wire, peer, std::move(rest));
}

// ---------------------------------------------------------------- control links

void Mesh::Impl::add_control(std::shared_ptr<Wire> wire, const erldist::RemoteIdentity& peer,
                             std::string rest) {
  const std::string node = peer.name;
  if (const auto old = links_.find(node); old != links_.end()) {
    // Replaced on the caller's word: its end of the old one is gone.
    const auto link = old->second;
    links_.erase(old);
    link->close(LinkError::closed, "replaced by a new connection");
    handler_.link_down(node, LinkError::closed, "replaced by a new connection");
  }
  auto link = std::make_shared<Link>(std::move(wire), peer, options_, options_.tick_time);
  links_[node] = link;
  senders_.insert_or_assign(
      node, erldist::BinarySender(erldist::make_pid(options_.node, 1, 0, identity("", 0).creation),
                                  control_process));
  const std::weak_ptr<Impl> weak = weak_from_this();
  const std::weak_ptr<Link> weak_link = link;
  Link::Events events;
  events.frame = [weak, node](std::string_view body) {
    if (const auto self = weak.lock()) self->control_frame(node, body);
  };
  events.down = [weak, node, weak_link](LinkError error, const std::string& detail) {
    const auto self = weak.lock();
    if (!self || self->stopped_) return;
    const auto it = self->links_.find(node);
    if (it == self->links_.end() || it->second != weak_link.lock()) return;
    self->links_.erase(it);
    self->handler_.link_down(node, error, detail);
  };
  handler_.link_up(node);
  link->start(std::move(events), std::move(rest));
}

void Mesh::Impl::control_frame(const std::string& node, std::string_view body) {
  const auto message = erldist::decode_control(body);
  const auto it = links_.find(node);
  if (it == links_.end()) return;
  if (!message) return it->second->close(LinkError::malformed, message.error().message);
  const bool ours = message->operation == erldist::Operation::reg_send && message->fields.size() == 3 &&
                    message->fields[2].is_atom(control_process);
  const auto payload = ours ? erldist::binary_of(*message) : std::nullopt;
  if (payload) handler_.link_frame(node, *payload);
}

void Mesh::Impl::dial(const std::string& node) {
  if (links_.contains(node) || dials_.contains(node) || stopped_) return;
  const std::weak_ptr<Impl> weak = weak_from_this();
  auto dial = std::make_shared<Dial>(io_, options_, identity(options_.node, erldist::flag::meshmq), node,
                                     [weak, node](tl::expected<Called, DialError> result) {
                                       const auto self = weak.lock();
                                       if (self && !self->stopped_) self->dial_done(node, std::move(result));
                                     });
  dials_[node] = dial;
  dial->start();
}

void Mesh::Impl::dial_done(const std::string& node, tl::expected<Called, DialError> result) {
  dials_.erase(node);
  if (result) {
    if ((result->peer.flags & erldist::flag::meshmq) == 0) {
      return handler_.link_down(node, LinkError::not_allowed,
                                "'" + node + "' is a node, but not a MeshMQ broker");
    }
    return add_control(std::move(result->wire), result->peer, std::move(result->rest));
  }
  if (links_.contains(node)) return;  // it called us meanwhile
  const DialError error = result.error();
  const bool simultaneous = error.detail.empty() || error.detail.find("same time") != std::string::npos;
  if (!simultaneous) return handler_.link_down(node, error.error, error.detail);
  // Both called; if the other call comes to nothing, the owner must not wait for ever.
  auto timer = std::make_shared<asio::steady_timer>(io_, options_.setup_time + std::chrono::seconds(1));
  timer->async_wait([self = shared_from_this(), node, timer](error_code) {
    if (self->stopped_ || self->links_.contains(node) || self->dials_.contains(node)) return;
    self->handler_.link_down(node, LinkError::timed_out, "both nodes called at once, neither call succeeded");
  });
}

void Mesh::Impl::hang_up(const std::string& node) {
  const auto it = links_.find(node);
  if (it != links_.end()) it->second->hang_up();
}

void Mesh::Impl::send(const std::string& node, std::string_view frame) {
  const auto it = links_.find(node);
  if (it == links_.end()) return;
  senders_.at(node).append(frame, it->second->output());
  it->second->sent();
}

// ---------------------------------------------------------------- forwarding links

void Mesh::Impl::dial_forward(std::uint16_t worker, const std::string& node, ForwardDone done) {
  const std::string name = erldist::forward_name(options_.node, worker);
  auto dial = std::make_shared<Dial>(
      io_, options_, identity(name, erldist::flag::meshmq), node,
      [done = std::move(done)](tl::expected<Called, DialError> result) {
        if (!result) return done(tl::unexpected<DialError>(result.error()));
        auto socket = result->wire->release(std::move(result->rest));
        if (!socket)
          return done(tl::unexpected<DialError>(DialError{LinkError::closed, socket.error().message}));
        done(std::move(*socket));
      });
  dial->start();
}

// ---------------------------------------------------------------- foreign nodes

void Mesh::Impl::add_foreign(std::shared_ptr<Wire> wire, const erldist::RemoteIdentity& peer,
                             std::string rest) {
  const std::uint64_t id = ++last_foreign_;
  log_.info("Erlang node '{}' connected", peer.name);
  auto link = std::make_shared<Link>(std::move(wire), peer, options_,
                                     std::max(foreign_tick_time, options_.tick_time));
  foreign_.emplace(id, Foreign{link, erldist::Services(options_.node, identity("", 0).creation), peer.name});
  const std::weak_ptr<Impl> weak = weak_from_this();
  Link::Events events;
  events.frame = [weak, id](std::string_view body) {
    if (const auto self = weak.lock()) self->foreign_frame(id, body);
  };
  events.down = [weak, id, name = peer.name](LinkError error, const std::string& detail) {
    const auto self = weak.lock();
    if (!self || self->foreign_.erase(id) == 0) return;
    const LogLevel level = error == LinkError::closed ? LogLevel::info : LogLevel::warning;
    self->log_.log(level, "Erlang node '{}' disconnected: {}", name, detail);
  };
  link->start(std::move(events), std::move(rest));
}

void Mesh::Impl::foreign_frame(std::uint64_t id, std::string_view body) {
  const auto it = foreign_.find(id);
  if (it == foreign_.end()) return;
  const auto message = erldist::decode_control(body);
  if (!message) {
    return it->second.link->close(LinkError::malformed, message.error().message);
  }
  std::vector<erldist::RpcCall> calls;
  it->second.services.handle(*message, it->second.link->output(), calls);
  it->second.link->sent();
  // A call may end the link.
  const std::string caller = it->second.name;
  for (erldist::RpcCall& call : calls) {
    call.caller = caller;
    handler_.rpc_call({id, call.id}, call);
  }
}

void Mesh::Impl::rpc_answer(MeshHandler::RpcId id, std::string_view output, const erldist::Term& value) {
  const auto it = foreign_.find(id.link);
  if (it == foreign_.end()) return;
  std::string& out = it->second.link->output();
  if (!output.empty()) it->second.services.print(id.call, output, out);
  it->second.services.answer(id.call, value, out);
  it->second.link->sent();
}

void Mesh::Impl::rpc_refuse(MeshHandler::RpcId id, std::string_view reason) {
  const auto it = foreign_.find(id.link);
  if (it == foreign_.end()) return;
  it->second.services.refuse(id.call, reason, it->second.link->output());
  it->second.link->sent();
}

// ---------------------------------------------------------------- Mesh

Mesh::Mesh(asio::io_context& io, MeshOptions options, MeshHandler& handler, Logger log)
    : impl_(std::make_shared<Impl>(io, std::move(options), handler, log)) {}
Mesh::~Mesh() {
  impl_->stop();
}
void Mesh::secure(std::shared_ptr<erldist::SecureChannels> tls) {
  impl_->secure(std::move(tls));
}
Result<void> Mesh::start() {
  return impl_->start();
}
void Mesh::stop() {
  impl_->stop();
}
std::uint16_t Mesh::port() const {
  return impl_->port();
}
bool Mesh::serves_epmd() const {
  return impl_->serves_epmd();
}
void Mesh::dial(const std::string& node) {
  impl_->dial(node);
}
void Mesh::hang_up(const std::string& node) {
  impl_->hang_up(node);
}
void Mesh::send(const std::string& node, std::string_view frame) {
  impl_->send(node, frame);
}
void Mesh::dial_forward(std::uint16_t worker, const std::string& node, ForwardDone done) {
  impl_->dial_forward(worker, node, std::move(done));
}
void Mesh::rpc_answer(MeshHandler::RpcId id, std::string_view output, const erldist::Term& value) {
  impl_->rpc_answer(id, output, value);
}
void Mesh::rpc_refuse(MeshHandler::RpcId id, std::string_view reason) {
  impl_->rpc_refuse(id, reason);
}

}  // namespace meshmq::mesh
