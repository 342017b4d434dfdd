#include "net/worker_loop.hpp"

#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "net/clock.hpp"

namespace meshmq::net {

WorkerLoop::WorkerLoop(WorkerThread& owner, WorkerThreadOptions options, const SharedRouteTable& routes,
                       ControlMailbox& control, ForwardTransport& transport, Logger log)
    : owner_(owner),
      options_(std::move(options)),
      routes_(routes.reader(options_.self.value)),
      control_(control),
      transport_(transport),
      log_(log),
      connections_(io_, *this, options_.node.broker.output_bytes_max, options_.linger, log),
      links_(*this, options_.node.link_bytes_max),
      doorbell_([this] { boost::asio::post(io_, [] {}); }),
      load_(options_.mailbox) {
  worker_ = std::make_unique<node::Worker>(options_.node, options_.self, options_.incarnation, routes_, *this,
                                           connections_, log, options_.seed);
  start_timer();
}

WorkerLoop::~WorkerLoop() {
  clean_up();
}

void WorkerLoop::set_peers(std::vector<WorkerLoop*> peers) {
  peers_ = std::move(peers);
  outboxes_.resize(peers_.size());
}

// ---------------------------------------------------------------- turns

void WorkerLoop::run() {
  while (!stopping_) {
    if (busy()) {
      // What was left over is an event of its own: nothing else might come.
      turn();
    } else {
      sleep();
    }
    handle_events();
    read_mail();
    end_turn();
  }
  clean_up();
}

Now WorkerLoop::turn() {
  if (in_turn_) return now_;
  in_turn_ = true;
  doorbell_.get_up();
  now_ = read_clock_finely(turn_began_us_);
  routes_.enter();
  connections_.begin_turn();
  links_.begin_turn();
  worker_->begin_turn(now_);
  return now_;
}

bool WorkerLoop::mail() const {
  return messages_.waiting() || orders_.waiting() || arrivals_.waiting() || tasks_.waiting() ||
         uncongested_.load() || (waiting_senders_.waiting() && load_.low());
}

void WorkerLoop::sleep() {
  doorbell_.lie_down();
  if (!mail()) io_.run_one();
  doorbell_.get_up();
}

void WorkerLoop::handle_events() {
  for (int i = 0; i < handlers_max && !connections_.turn_is_full() && !links_.turn_is_full(); ++i) {
    if (io_.poll_one() == 0) return;
    if (!in_turn_ || !routes_.awaited()) continue;
    // Retained messages that were matched before the commit reach the control thread before it looks them up.
    control_.put(to_control_);
    routes_.refresh();
  }
}

void WorkerLoop::read_mail() {
  arrivals_.take(taken_arrivals_);
  if (!taken_arrivals_.empty()) turn();
  for (MovedConnection& arrival : taken_arrivals_) connections_.adopt(std::move(arrival));
  taken_arrivals_.clear();

  orders_.take(taken_orders_);
  for (node::ToWorker& order : taken_orders_) worker_->handle(std::move(order), turn());
  taken_orders_.clear();

  tasks_.take(taken_tasks_);
  if (!taken_tasks_.empty()) turn();
  for (Task& task : taken_tasks_) task(*this);
  taken_tasks_.clear();

  read_messages();
  if (uncongested_.load() && uncongested_.exchange(false)) worker_->uncongested(turn());
}

void WorkerLoop::read_messages() {
  if (taken_at_ == taken_messages_.size()) {
    taken_messages_.clear();
    taken_at_ = 0;
    messages_.take(taken_messages_);
  }
  std::size_t count = 0;
  std::size_t bytes = 0;
  const std::span<node::Parcel> rest = std::span(taken_messages_).subspan(taken_at_);
  while (count < rest.size() && count < messages_max && bytes < message_bytes_max) {
    bytes += rest[count++].message->footprint();
  }
  if (count > 0) {
    worker_->deliver(rest.first(count), turn());
    for (node::Parcel& parcel : rest.first(count)) parcel = {};
    taken_at_ += count;
    load_.remove(count, bytes);
  }
  tell_waiting_senders();
}

void WorkerLoop::tell_waiting_senders() {
  if (!waiting_senders_.waiting() || !load_.low()) return;
  waiting_senders_.take(taken_senders_);
  for (const broker::WorkerIndex sender : taken_senders_) peers_[sender.value]->put_uncongested();
  taken_senders_.clear();
}

void WorkerLoop::end_turn() {
  if (!in_turn_) return;
  control_.put(to_control_);  // before a commit may pass, as above
  // What follows is mostly system calls: a commit of routes need not wait for them, and what still matches
  // (the will of a closed connection) announces itself.
  routes_.leave();
  // Each pass hands on what the one before has caused, wills of closed connections for example. What is left
  // after a few goes on in the next turn.
  constexpr int passes_max = 4;
  int passes = 0;
  do {
    hand_on();
  } while (connections_.flush() && ++passes < passes_max);
  hand_on();
  links_.reap();
  link_count_.set(links_.size());
  turns_.add();
  turn_times_.add(monotonic_us() - turn_began_us_);
  in_turn_ = false;
}

/// Other threads and nodes first: they work while this one writes to its clients.
void WorkerLoop::hand_on() {
  for (std::size_t i = 0; i < outboxes_.size(); ++i) {
    if (!outboxes_[i].messages.empty()) send_outbox(broker::WorkerIndex(static_cast<std::uint16_t>(i)));
  }
  control_.put(to_control_);
  worker_->end_of_turn(now_);
}

void WorkerLoop::start_timer() {
  timer_.expires_after(options_.node.broker.tick_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    worker_->tick(turn());
    connections_.tick(turn());
    start_timer();
  });
}

void WorkerLoop::clean_up() {
  orders_.close();
  arrivals_.close();
  tasks_.close();
  messages_.close();
  taken_messages_.clear();
  taken_at_ = 0;
  outboxes_.clear();
  links_.clear();
  connections_.close_all();
  worker_.reset();
}

// ---------------------------------------------------------------- from other threads

void WorkerLoop::stop() {
  put(Task([this](WorkerScope&) { stopping_ = true; }));
}

void WorkerLoop::put(node::ToWorker message) {
  orders_.put(std::move(message));
  doorbell_.ring();
}

void WorkerLoop::put(MovedConnection connection) {
  arrivals_.put(std::move(connection));
  doorbell_.ring();
}

void WorkerLoop::put(Task task) {
  tasks_.put(std::move(task));
  doorbell_.ring();
}

void WorkerLoop::put(std::vector<node::Parcel>& messages, std::size_t bytes, broker::WorkerIndex from,
                     bool told) {
  load_.add(messages.size(), bytes);
  messages_.put(messages);
  if (told) waiting_senders_.put(from);
  doorbell_.ring();
}

void WorkerLoop::put_uncongested() {
  uncongested_.store(true);
  doorbell_.ring();
}

WorkerThreadStats WorkerLoop::stats() const {
  const ConnectionCounters& c = connections_.counters();
  return {.connections = c.connections.get(),
          .links = link_count_.get(),
          .mailbox_messages = load_.messages(),
          .turns = turns_.get(),
          .bytes_received = c.bytes_received.get(),
          .bytes_sent = c.bytes_sent.get(),
          .receive_calls = c.receive_calls.get(),
          .send_calls = c.send_calls.get(),
          .packets_sent = c.packets_sent.get()};
}

// ---------------------------------------------------------------- ports

void WorkerLoop::hand_over(broker::WorkerIndex home, MovedConnection connection) {
  MESHMQ_ASSERT(home.value < peers_.size(), "a home is a worker of this node");
  peers_[home.value]->put(std::move(connection));
}

bool WorkerLoop::to_worker(broker::WorkerIndex worker, node::Parcel parcel) {
  Outbox& out = outboxes_[worker.value];
  out.bytes += parcel.message->footprint();
  out.messages.push_back(std::move(parcel));
  const bool high = peers_[worker.value]->load().high(out.messages.size(), out.bytes);
  if (high) out.told = true;
  if (out.messages.size() >= outbox_messages_max) send_outbox(worker);
  return high;
}

void WorkerLoop::send_outbox(broker::WorkerIndex worker) {
  Outbox& out = outboxes_[worker.value];
  const bool told = std::exchange(out.told, false);
  peers_[worker.value]->put(out.messages, std::exchange(out.bytes, 0), options_.self, told);
}

void WorkerLoop::to_control(node::ToControl message) {
  to_control_.push_back(std::move(message));
}

void WorkerLoop::dial(cluster::Slot slot, const std::string& node) {
  transport_.dial(owner_, slot, node);
}

std::size_t WorkerLoop::link_send(node::LinkId link, std::string_view frame) {
  return links_.send(link, frame);
}

void WorkerLoop::link_close(node::LinkId link) {
  links_.close(link);
}

}  // namespace meshmq::net
