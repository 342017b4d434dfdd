#include "bench/meshmq_bench/load_thread.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"

namespace meshmq::bench {
namespace {

constexpr std::size_t scratch_bytes = 256 * 1024;
constexpr Nanos tick_interval = nanos_per_second;
constexpr Nanos idle_wait = nanos_per_second / 10;
constexpr Nanos held_back_wait = nanos_per_second / 100'000;

}  // namespace

void Counters::add(const Counters& other) {
  published += other.published;
  acknowledged += other.acknowledged;
  delivered += other.delivered;
  duplicates += other.duplicates;
  late += other.late;
  foreign += other.foreign;
  lost += other.lost;
  disconnects += other.disconnects;
  ready += other.ready;
  finished_sending += other.finished_sending;
  last_progress_at = std::max(last_progress_at, other.last_progress_at);
}

LoadThread::LoadThread(RunState& run, double connect_rate, std::uint32_t connect_parallel)
    : run_(run),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(new char[scratch_bytes]),
      connect_rate_(connect_rate),
      connect_parallel_(connect_parallel) {
  MESHMQ_ASSERT(epoll_ >= 0 && event_ >= 0, "no file descriptors for an event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event);
}

LoadThread::~LoadThread() {
  close(epoll_);
  close(event_);
}

Publisher& LoadThread::add_publisher(ClientPlan plan, std::uint32_t index, std::string topic) {
  publishers_.push_back(std::make_unique<Publisher>(run_, std::move(plan), *this, index, std::move(topic)));
  clients_.push_back(publishers_.back().get());
  return *publishers_.back();
}

Subscriber& LoadThread::add_subscriber(ClientPlan plan, std::uint32_t first, std::uint32_t publishers) {
  subscribers_.push_back(std::make_unique<Subscriber>(run_, std::move(plan), *this, first, publishers));
  clients_.push_back(subscribers_.back().get());
  return *subscribers_.back();
}

void LoadThread::start() {
  thread_ = std::thread([this] { run(); });
}

void LoadThread::join() {
  thread_.join();
}

void LoadThread::kick() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_, &one, sizeof one);
}

Counters LoadThread::snapshot() const {
  const std::lock_guard lock(mutex_);
  return published_counters_;
}

std::string LoadThread::first_failure() const {
  const std::lock_guard lock(mutex_);
  return first_failure_;
}

void LoadThread::run() {
  now_ = now_ns();
  first_dial_at_ = now_;
  next_tick_ = now_ + tick_interval;
  while (phase_ != Phase::done) {
    dial_some();
    flush_all();
    wait_and_handle_events();
    const Phase phase = run_.phase.load(std::memory_order_acquire);
    if (phase != phase_) enter_phase(phase);
    take_moved_lanes();
    pump_publishers();
    flush_all();
    if (now_ >= next_tick_) tick_clients();
    publish_counters();
  }
  for (Client* client : clients_) client->disconnect();
}

Nanos LoadThread::wake_at() const {
  Nanos at = std::min(next_tick_, now_ + idle_wait);
  if (!schedule_.empty()) at = std::min(at, schedule_.top().first);
  if (dialled_ < clients_.size() && dialling_ < connect_parallel_) {
    const double due = connect_rate_ == 0 ? 0 : static_cast<double>(dialled_) / connect_rate_;
    at = std::min(at, first_dial_at_ + static_cast<Nanos>(due * static_cast<double>(nanos_per_second)));
  }
  return at;
}

void LoadThread::wait_and_handle_events() {
  std::array<epoll_event, 1024> events;
  const Nanos at = wake_at();
  const Nanos wait = at > now_ ? at - now_ : 0;
  const timespec timeout{static_cast<time_t>(wait / nanos_per_second),
                         static_cast<long>(wait % nanos_per_second)};
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  now_ = now_ns();
  for (int i = 0; i < count; ++i) {
    auto* client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (client != nullptr) {
      handle(*client, events[static_cast<std::size_t>(i)].events);
    } else {
      std::uint64_t kicks;
      [[maybe_unused]] const ssize_t got = read(event_, &kicks, sizeof kicks);
    }
  }
}

void LoadThread::handle(Client& client, std::uint32_t events) {
  if (client.state() == Client::State::gone) return;
  const bool was_dialling = client.state() == Client::State::dialling;
  if (was_dialling || (events & EPOLLOUT) != 0) {
    if (!client.handle_writable()) return lose(client, client.why());
    if (was_dialling) watch(client, false);
    flush(client);
    client.handle_room();
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !was_dialling) {
    now_ = now_ns();
    if (!client.handle_readable(scratch_.get(), scratch_bytes)) return lose(client, client.why());
  }
}

void LoadThread::dial_some() {
  while (phase_ == Phase::connecting && dialled_ < clients_.size() && dialling_ < connect_parallel_) {
    if (connect_rate_ != 0 &&
        static_cast<double>(dialled_) / connect_rate_ > to_seconds(now_ - first_dial_at_))
      return;
    Client& client = *clients_[dialled_++];
    ++dialling_;
    if (const Result<void> dialled = client.dial(now_); !dialled) {
      lose(client, dialled.error().message);
      continue;
    }
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.ptr = &client;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.connection().fd(), &event);
  }
}

void LoadThread::watch(Client& client, bool want_room) {
  epoll_event event{};
  event.events = want_room ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.ptr = &client;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, client.connection().fd(), &event);
  client.waits_for_room = want_room;
}

void LoadThread::client_ready(Client& client) {
  --dialling_;
  ++counters_.ready;
  connect_times_.record(now_ - client.dialled_at());
}

void LoadThread::lose(Client& client, const std::string& why) {
  client.connection().close();
  ++counters_.disconnects;
  if (auto* publisher = dynamic_cast<Publisher*>(&client)) publisher_finished(*publisher);
  const std::lock_guard lock(mutex_);
  if (first_failure_.empty()) first_failure_ = fmt::format("{}: {}", client.plan().client_id, why);
}

void LoadThread::enter_phase(Phase phase) {
  phase_ = phase;
  if (phase == Phase::publishing) {
    for (const auto& publisher : publishers_) {
      if (run_.options.rate > 0) schedule_.emplace(publisher->next_due(), publisher.get());
      pump_later(*publisher);
    }
  } else {
    for (const auto& publisher : publishers_) publisher_finished(*publisher);
    schedule_ = {};
  }
}

void LoadThread::pump_later(Publisher& publisher) {
  if (publisher.pump_queued) return;
  publisher.pump_queued = true;
  to_pump_.push_back(&publisher);
}

void LoadThread::window_moved(Lane& lane) {
  if (lane.thread == this) return pump_later(*lane.publisher);
  bool first = false;
  {
    const std::lock_guard lock(lane.thread->mutex_);
    first = lane.thread->moved_lanes_.empty();
    lane.thread->moved_lanes_.push_back(&lane);
  }
  if (first) lane.thread->kick();
}

void LoadThread::take_moved_lanes() {
  const std::lock_guard lock(mutex_);
  for (Lane* lane : moved_lanes_) pump_later(*lane->publisher);
  moved_lanes_.clear();
}

void LoadThread::pump_publishers() {
  if (phase_ != Phase::publishing) {
    for (Publisher* publisher : to_pump_) publisher->pump_queued = false;
    to_pump_.clear();
    return;
  }
  while (!schedule_.empty() && schedule_.top().first <= now_) {
    Publisher& publisher = *schedule_.top().second;
    schedule_.pop();
    publisher.pump(now_);
    // Still due: a window holds it back, and it is pumped when that moves.
    schedule_.emplace(std::max(publisher.next_due(), now_ + held_back_wait), &publisher);
  }
  if (to_pump_.empty()) return;
  now_ = now_ns();
  for (Publisher* publisher : to_pump_) {
    publisher->pump_queued = false;
    publisher->pump(now_);
  }
  to_pump_.clear();
}

void LoadThread::publisher_finished(Publisher& publisher) {
  if (publisher.stop_sending()) ++counters_.finished_sending;
}

void LoadThread::has_output(Client& client) {
  if (client.queued) return;
  client.queued = true;
  with_output_.push_back(&client);
}

void LoadThread::flush(Client& client) {
  if (!client.connection().is_open() || client.state() == Client::State::dialling) return;
  const Connection::Flush result = client.connection().flush();
  if (result == Connection::Flush::broken) return;  // the read side will tell why
  const bool blocked = result == Connection::Flush::blocked;
  if (blocked != client.waits_for_room) watch(client, blocked);
}

void LoadThread::flush_all() {
  for (Client* client : with_output_) {
    client->queued = false;
    flush(*client);
  }
  with_output_.clear();
}

void LoadThread::tick_clients() {
  next_tick_ = now_ + tick_interval;
  for (Client* client : clients_) client->tick(now_);
}

void LoadThread::publish_counters() {
  const std::lock_guard lock(mutex_);
  published_counters_ = counters_;
}

}  // namespace meshmq::bench
