#include "sim/process.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::sim {

namespace {

constexpr Micros tick_interval = 100_ms;

/// Bytes that are still on their way must not reach the client's next connection.
void tell_closed(Connection& connection) {
  const auto events = connection.client.lock();
  connection.client.reset();
  if (events) events->closed();
}

}  // namespace

/// One worker: node::Worker with virtual sockets and mailboxes.
class Process::Shell final : public broker::Output, public node::WorkerPorts {
 public:
  Shell(Process& process, std::uint16_t index)
      : process_(process),
        index_(index),
        worker_(process.config_, node::WorkerIndex(index), process.incarnation_, process.routes_, *this,
                *this, Logger(&process), process.random_.next()) {}

  node::Worker& worker() { return worker_; }

  // ---------------------------------------------------------------- broker::Output

  std::size_t send(broker::ConnId id, const broker::FramePtr& frame, mqtt::PacketId packet_id) override {
    Connection& c = *connections_.at(id);
    const std::size_t at = c.output.size();
    c.output += frame->bytes();
    if (const std::size_t offset = frame->packet_id_offset(); offset != 0) {
      c.output[at + offset] = static_cast<char>(packet_id >> 8);
      c.output[at + offset + 1] = static_cast<char>(packet_id);
    }
    return c.output.size();
  }
  std::size_t send_small(broker::ConnId id, std::string_view packet) override {
    MESHMQ_ASSERT(packet.size() <= broker::small_packet_bytes_max, "small packets are small");
    Connection& c = *connections_.at(id);
    c.output += packet;
    return c.output.size();
  }
  void close(broker::ConnId id, broker::CloseReason) override {
    Connection& c = *connections_.at(id);
    if (std::exchange(c.closing, true)) return;
    const std::shared_ptr<Connection> connection = connections_.at(id);
    process_.later(connection->last_out, [this, connection] { gone(connection); });
  }
  void pause_reading(broker::ConnId id) override { connections_.at(id)->paused = true; }
  void resume_reading(broker::ConnId id) override {
    const std::shared_ptr<Connection> c = connections_.at(id);
    c->paused = false;
    process_.later(c->last_in, [this, c] { feed(c); });
  }
  void hold_output(broker::ConnId id) override { connections_.at(id)->held = true; }
  void release_output(broker::ConnId id) override {
    connections_.at(id)->held = false;
    flush(connections_.at(id));
  }
  void move(broker::ConnId id, broker::WorkerIndex home) override {
    const std::shared_ptr<Connection> c = connections_.at(id);
    connections_.erase(id);
    c->open = false;
    process_.later(c->last_in, [this, c, home] { process_.shells_[home.value]->adopt(c); });
  }

  /// Nobody asks for the bytes of virtual sockets.
  broker::SocketTraffic traffic(broker::ConnId) const override { return {}; }

  // ---------------------------------------------------------------- node::WorkerPorts

  bool to_worker(node::WorkerIndex worker, node::Parcel parcel) override {
    Micros& last = process_.last_to_worker_[(index_ + 1U) * process_.config_.workers + worker.value];
    process_.later(last, [this, worker, parcel = std::move(parcel)] {
      process_.shells_[worker.value]->run([&](node::Worker& w, Now now) { w.deliver({&parcel, 1}, now); });
    });
    return false;
  }
  void to_control(node::ToControl message) override {
    auto shared = std::make_shared<node::ToControl>(std::move(message));
    process_.later(process_.last_to_control_, [this, shared] {
      process_.with_control(
          [&](node::Control& control, Now now) { control.handle(std::move(*shared), now); });
    });
  }
  void dial(cluster::Slot slot, const std::string& node) override {
    process_.dial_forward(index_, slot, node);
  }
  std::size_t link_send(node::LinkId link, std::string_view frame) override {
    process_.network_.send(link.value, process_.name(), std::string(frame));
    return 0;
  }
  void link_close(node::LinkId link) override { process_.network_.hang_up(link.value, process_.name()); }

  // ---------------------------------------------------------------- from the process

  /// Runs one event and lets the turn end a little later, together with what comes until then.
  template <class Call>
  void run(Call&& call) {
    worker_.begin_turn(process_.now());
    call(worker_, process_.now());
    if (std::exchange(turn_due_, true)) return;
    process_.after(static_cast<Micros>(process_.random_.below(600)), [this] { end_turn(); });
  }

  void adopt(const std::shared_ptr<Connection>& c) {
    c->worker = index_;
    c->id = broker::ConnId(++last_connection_);
    c->open = true;
    connections_[c->id] = c;
    run([&](node::Worker& w, Now now) { w.broker().open(c->id, "127.0.0.1:1", now); });
    feed(c);
  }

  void feed(const std::shared_ptr<Connection>& c) {
    if (!c->open || c->closing || c->paused || c->input.empty()) return;
    run([&](node::Worker& w, Now now) {
      const std::size_t taken = w.broker().handle_bytes(c->id, c->input, now);
      c->input.erase(0, taken);
    });
  }

  /// The socket is gone on our side: tell the broker, then the client.
  void gone(const std::shared_ptr<Connection>& c) {
    if (!c->open) return;
    flush(c);
    c->open = false;
    connections_.erase(c->id);
    run([&](node::Worker& w, Now now) { w.broker().closed(c->id, now); });
    process_.universe_.scheduler.at(std::max(c->last_out, process_.universe_.scheduler.now_us() + 1),
                                    [connection = c] { tell_closed(*connection); });
  }

  void drop_clients() {
    for (const auto& [id, c] : connections_) {
      process_.universe_.scheduler.after(process_.network_.delay(),
                                         [connection = c] { tell_closed(*connection); });
    }
  }

 private:
  void flush(const std::shared_ptr<Connection>& connection) {
    Connection& c = *connection;
    if (c.output.empty() || (c.held && !c.closing)) return;
    Scheduler& scheduler = process_.universe_.scheduler;
    c.last_out = std::max(c.last_out + 1, scheduler.now_us() + process_.network_.delay());
    scheduler.at(c.last_out, [connection, data = std::exchange(c.output, {})] {
      // The client may have let go of this connection meanwhile.
      if (const auto events = connection->client.lock()) events->bytes(data);
    });
  }

  void end_turn() {
    turn_due_ = false;
    worker_.end_of_turn(process_.now());
    for (const auto& [id, c] : connections_) flush(c);
  }

  Process& process_;
  std::uint16_t index_;
  node::Worker worker_;
  std::map<broker::ConnId, std::shared_ptr<Connection>> connections_;
  std::uint32_t last_connection_ = 0;
  bool turn_due_ = false;
};

// ---------------------------------------------------------------- life

Process::Process(Universe& universe, Network& network, Random& random, node::Config config,
                 std::uint64_t incarnation, const std::string& image)
    : universe_(universe),
      network_(network),
      random_(random),
      config_(std::move(config)),
      incarnation_(incarnation),
      image_(image),
      last_to_worker_((config_.workers + 1U) * config_.workers) {}

Process::~Process() = default;

void Process::start() {
  for (std::uint16_t i = 0; i < config_.workers; ++i) shells_.push_back(std::make_unique<Shell>(*this, i));
  control_ = std::make_unique<node::Control>(config_, image_, incarnation_, routes_, *this, Logger(this),
                                             random_.next(), now());
  for (const auto& [key, value] : universe_.disk(name()).rows()) {
    control_->load(key.first, key.second, value);
  }
  control_->loaded(true, now());
  control_turn();
  tick();
}

void Process::stop(std::function<void()> stopped) {
  with_control([](node::Control& control, Now now) { control.shut_down(now); });
  await_end(std::make_shared<std::function<void()>>(std::move(stopped)));
}

void Process::await_end(const std::shared_ptr<std::function<void()>>& stopped) {
  universe_.scheduler.after(20_ms, [this, alive = weak_from_this(), stopped] {
    const auto keep = alive.lock();
    if (!keep) return;
    if (!control_->stopped()) return await_end(stopped);
    drop_clients();
    (*stopped)();
  });
}

node::Worker& Process::worker(std::size_t i) {
  return shells_[i]->worker();
}

void Process::at(Micros when, std::function<void()> action) {
  universe_.scheduler.at(when, [alive = weak_from_this(), action = std::move(action)] {
    if (const auto keep = alive.lock()) keep->enter(action);
  });
}

void Process::enter(const std::function<void()>& action) {
  if (paused_) {
    held_.push_back(action);
  } else {
    action();
  }
}

void Process::later(Micros& last, std::function<void()> action) {
  last = std::max(last + 1, universe_.scheduler.now_us() + static_cast<Micros>(random_.below(500)));
  at(last, std::move(action));
}

void Process::pause(Micros time) {
  if (std::exchange(paused_, true)) return;
  network_.pause(name(), time);
  universe_.scheduler.after(time, [alive = weak_from_this()] {
    const auto keep = alive.lock();
    if (!keep) return;
    keep->paused_ = false;
    for (const auto& action : std::exchange(keep->held_, {})) action();
  });
}

void Process::with_control(const std::function<void(node::Control&, Now)>& call) {
  call(*control_, now());
  control_turn();
}

void Process::control_turn() {
  if (std::exchange(control_turn_due_, true)) return;
  after(static_cast<Micros>(random_.below(300)), [this] {
    control_turn_due_ = false;
    if (control_->end_of_turn(now())) control_turn();
  });
}

void Process::tick() {
  for (const auto& shell : shells_) shell->run([](node::Worker& w, Now now) { w.tick(now); });
  with_control([](node::Control& control, Now now) { control.tick(now); });
  after(tick_interval, [this] { tick(); });
}

// ---------------------------------------------------------------- clients

std::shared_ptr<Connection> Process::connect(const std::shared_ptr<ConnectionEvents>& client) {
  auto connection = std::make_shared<Connection>();
  connection->client = client;
  shells_[random_.below(config_.workers)]->adopt(connection);
  return connection;
}

void Process::send(const std::shared_ptr<Connection>& c, std::string bytes) {
  c->last_in = std::max(c->last_in + 1, universe_.scheduler.now_us() + network_.delay());
  at(c->last_in, [this, c, bytes = std::move(bytes)] {
    c->input += bytes;
    shells_[c->worker]->feed(c);
  });
}

void Process::close(const std::shared_ptr<Connection>& c) {
  c->last_in = std::max(c->last_in + 1, universe_.scheduler.now_us() + network_.delay());
  at(c->last_in, [this, c] { shells_[c->worker]->gone(c); });
}

void Process::drop_clients() {
  for (const auto& shell : shells_) shell->drop_clients();
}

// ---------------------------------------------------------------- links

void Process::to_worker(node::WorkerIndex worker, node::ToWorker message) {
  auto shared = std::make_shared<node::ToWorker>(std::move(message));
  later(last_to_worker_[worker.value], [this, worker, shared] {
    shells_[worker.value]->run([&](node::Worker& w, Now n) { w.handle(std::move(*shared), n); });
  });
}

void Process::dial(const std::string& node) {
  after(network_.delay(), [this, node] { open_control_link(node); });
}

void Process::ask_provider() {
  after(static_cast<Micros>(random_.below(1_s)), [this] {
    with_control([this](node::Control& control, Now now) { control.discovered(universe_.discover(), now); });
  });
}

bool Process::reachable(const std::string& node) {
  const auto peer = universe_.find(node);
  return peer != nullptr && !peer->paused() && !network_.is_cut(name(), node);
}

void Process::open_control_link(const std::string& node) {
  if (control_links_.contains(node)) return;  // it dialled us meanwhile
  const auto peer = universe_.find(node);
  if (!reachable(node)) {
    const bool silent = peer != nullptr;
    const Micros wait = silent ? static_cast<Micros>(random_.below(3_s)) : network_.delay();
    after(wait, [this, node, silent] {
      if (control_links_.contains(node)) return;
      with_control([&](node::Control& control, Now n) {
        control.link_down(node, silent ? node::LinkError::timed_out : node::LinkError::unreachable, "", n);
      });
    });
    return;
  }
  const std::uint64_t link = network_.open(name(), weak_from_this(), node, peer->weak_from_this());
  peer->accept_control_link(name(), link);
  accept_control_link(node, link);
}

void Process::accept_control_link(const std::string& node, std::uint64_t link) {
  if (const auto old = control_links_.find(node); old != control_links_.end()) {
    // The peer knows that this one is dead; we had not noticed yet.
    control_nodes_.erase(old->second);
    control_links_.erase(old);
    with_control(
        [&](node::Control& control, Now n) { control.link_down(node, node::LinkError::closed, "", n); });
  }
  control_links_[node] = link;
  control_nodes_[link] = node;
  with_control([&](node::Control& control, Now n) { control.link_up(node, n); });
}

void Process::hang_up(const std::string& node) {
  const auto it = control_links_.find(node);
  if (it != control_links_.end()) network_.hang_up(it->second, name());
}

void Process::send(const std::string& node, std::string frame) {
  const auto it = control_links_.find(node);
  if (it != control_links_.end()) network_.send(it->second, name(), std::move(frame));
}

void Process::save(std::string image) {
  image_ = image;
  universe_.save(name(), std::move(image));
}

void Process::store(node::StoreBatch batch) {
  universe_.disk(name()).write(
      std::move(batch), [this, alive = weak_from_this()](node::StoreOutcome outcome) {
        const auto keep = alive.lock();
        if (!keep) return;
        with_control([&](node::Control& control, Now at) { control.stored(std::move(outcome), at); });
      });
}

void Process::operation_done(node::OperationId operation, Result<void> result) {
  universe_.operation_done(name(), operation, result);
}

void Process::dial_forward(std::size_t worker, cluster::Slot slot, const std::string& node) {
  after(network_.delay(), [this, worker, slot, node] {
    const auto peer = universe_.find(node);
    if (!reachable(node)) {
      const Micros wait = peer != nullptr ? static_cast<Micros>(random_.below(3_s)) : network_.delay();
      after(wait, [this, worker, slot] {
        shells_[worker]->run([&](node::Worker& w, Now n) { w.dial_failed(slot, n); });
      });
      return;
    }
    const std::uint64_t link = network_.open(name(), weak_from_this(), node, peer->weak_from_this());
    const std::size_t there = worker % peer->workers();
    peer->forwarding_[link] = {there};
    forwarding_[link] = {worker};
    peer->shells_[there]->run([&](node::Worker& w, Now n) {
      w.link_accepted(node::LinkId(link), name(), static_cast<std::uint16_t>(worker), n);
    });
    shells_[worker]->run([&](node::Worker& w, Now n) { w.link_up(node::LinkId(link), slot, n); });
  });
}

void Process::frame(std::uint64_t link, const std::string& bytes) {
  if (paused_) return enter([this, link, bytes] { frame(link, bytes); });
  if (const auto it = control_nodes_.find(link); it != control_nodes_.end()) {
    const std::string node = it->second;
    return with_control([&](node::Control& control, Now n) { control.link_frame(node, bytes, n); });
  }
  if (const auto it = forwarding_.find(link); it != forwarding_.end()) {
    shells_[it->second.worker]->run(
        [&](node::Worker& w, Now n) { w.link_frame(node::LinkId(link), bytes, n); });
  }
}

void Process::down(std::uint64_t link, node::LinkError error) {
  if (paused_) return enter([this, link, error] { down(link, error); });
  if (const auto it = control_nodes_.find(link); it != control_nodes_.end()) {
    const std::string node = it->second;
    control_nodes_.erase(it);
    control_links_.erase(node);
    return with_control([&](node::Control& control, Now n) { control.link_down(node, error, "", n); });
  }
  if (const auto it = forwarding_.find(link); it != forwarding_.end()) {
    const std::size_t worker = it->second.worker;
    forwarding_.erase(it);
    shells_[worker]->run([&](node::Worker& w, Now n) { w.link_down(node::LinkId(link), n); });
  }
}

}  // namespace meshmq::sim
