#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "bench/meshmq_bench/load_thread.hpp"
#include "bench/meshmq_bench/result.hpp"

namespace meshmq::bench {
namespace {

/// Local ports that one source address has for one target, with a margin for other users.
constexpr std::size_t connections_per_source = 27'000;
constexpr auto poll_interval = std::chrono::milliseconds(1);

Result<void> raise_file_limit(std::size_t clients, unsigned threads) {
  const rlim_t needed = clients + threads * 2 + 32;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= needed) return {};
  return fail(Errc::limit_exceeded,
              fmt::format("{} connections need {} file descriptors, the hard limit is {} (ulimit -Hn): start "
                          "several instances or raise it",
                          clients, needed, limit.rlim_max));
}

std::atomic<bool> interrupted{false};

void handle_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void sleep_for_seconds(double seconds) {
  const Nanos end = now_ns() + static_cast<Nanos>(seconds * static_cast<double>(nanos_per_second));
  while (!interrupted && now_ns() < end) std::this_thread::sleep_for(poll_interval);
}

std::optional<ProcessStats> sample(const Options& options) {
  if (options.pids.empty()) return std::nullopt;
  const Result<ProcessStats> stats = read_process_stats(options.pids);
  if (!stats) return std::nullopt;
  return *stats;
}

/// Builds the clients of a run and leads them through its phases.
class Coordinator {
 public:
  explicit Coordinator(const Options& options) : options_(options), state_(options) {}

  RunResult run(const std::function<void(const RunResult&)>& ready);

 private:
  Result<void> prepare();
  Result<std::vector<Endpoint>> resolve_all(const std::vector<Address>& addresses);
  ClientPlan plan(char kind, std::size_t index, const std::vector<Endpoint>& endpoints);
  void add_subscribers();
  void add_publishers();
  std::string topic(std::size_t publisher) const;
  std::vector<std::string> filters(std::size_t subscriber) const;
  LoadThread& thread_for(std::size_t index) { return *threads_[index % threads_.size()]; }

  bool connect();
  void hold();
  void measure();
  bool is_complete(const Counters& counters) const;
  void enter(Phase phase);
  Counters total() const;
  void finish();
  int judge() const;

  const Options& options_;
  RunState state_;
  RunResult result_;
  std::vector<Endpoint> publish_to_;
  std::vector<Endpoint> subscribe_to_;
  std::map<std::string, std::size_t> connections_;  ///< by endpoint
  std::vector<std::unique_ptr<LoadThread>> threads_;
};

RunResult Coordinator::run(const std::function<void(const RunResult&)>& ready) {
  handle_interrupts();
  if (const Result<void> prepared = prepare(); !prepared) {
    result_.failure = prepared.error().message;
    result_.exit_code = exit_cannot_connect;
    return std::move(result_);
  }
  result_.before_connect = sample(options_);
  for (const auto& thread : threads_) thread->start();
  const bool connected = connect();
  if (connected) {
    ready(result_);
    sleep_for_seconds(options_.settle_s);
    result_.before = sample(options_);
    options_.mode == Mode::connect ? hold() : measure();
  }
  enter(Phase::done);
  for (const auto& thread : threads_) thread->join();
  finish();
  result_.exit_code = connected ? judge() : exit_cannot_connect;
  return std::move(result_);
}

Result<void> Coordinator::prepare() {
  const bool idle = options_.mode == Mode::connect;
  result_.clients = idle ? options_.connections : std::size_t{options_.publishers} + options_.subscribers;
  if (auto raised = raise_file_limit(result_.clients, options_.threads); !raised) return raised;
  auto publish_to = resolve_all(options_.publish_to);
  if (!publish_to) return tl::unexpected(publish_to.error());
  auto subscribe_to = resolve_all(options_.subscribe_to);
  if (!subscribe_to) return tl::unexpected(subscribe_to.error());
  if (!options_.pids.empty()) {
    if (const auto stats = read_process_stats(options_.pids); !stats) return tl::unexpected(stats.error());
  }
  publish_to_ = std::move(*publish_to);
  subscribe_to_ = std::move(*subscribe_to);
  state_.run = static_cast<std::uint32_t>(now_ns() / 1000) ^ static_cast<std::uint32_t>(getpid()) << 16;
  state_.receivers = options_.mode == Mode::p2p || options_.shared ? 1 : options_.subscribers;
  for (unsigned i = 0; i < options_.threads; ++i) {
    threads_.push_back(std::make_unique<LoadThread>(state_, options_.connect_rate / options_.threads,
                                                    options_.connect_parallel));
  }
  if (!idle) {
    for (std::uint32_t i = 0; i < options_.publishers; ++i) state_.lanes.push_back(std::make_unique<Lane>());
  }
  add_subscribers();
  if (!idle) add_publishers();
  return {};
}

Result<std::vector<Endpoint>> Coordinator::resolve_all(const std::vector<Address>& addresses) {
  std::vector<Endpoint> endpoints;
  for (const Address& address : addresses) {
    Result<Endpoint> endpoint = resolve(address);
    if (!endpoint) return tl::unexpected(endpoint.error());
    endpoints.push_back(std::move(*endpoint));
  }
  return endpoints;
}

/// Sessions that shall be found again keep their names from run to run.
ClientPlan Coordinator::plan(char kind, std::size_t index, const std::vector<Endpoint>& endpoints) {
  ClientPlan plan;
  plan.client_id = options_.clean ? fmt::format("{}-{:08x}-{}{}", options_.id_prefix, state_.run, kind, index)
                                  : fmt::format("{}-{}{}", options_.id_prefix, kind, index);
  plan.endpoint = &endpoints[index % endpoints.size()];
  const std::size_t before = connections_[plan.endpoint->text]++;
  if (plan.endpoint->is_loopback_ipv4()) plan.source = static_cast<unsigned>(before / connections_per_source);
  return plan;
}

std::string Coordinator::topic(std::size_t publisher) const {
  const std::string base = fmt::format("{}/{:08x}", options_.topic_prefix, state_.run);
  return options_.mode == Mode::fan_out ? base + "/all" : fmt::format("{}/{}", base, publisher);
}

std::vector<std::string> Coordinator::filters(std::size_t subscriber) const {
  if (options_.mode == Mode::connect) {
    std::vector<std::string> filters;
    for (std::uint32_t i = 0; i < options_.subscriptions; ++i) {
      filters.push_back(fmt::format("{}/{}{}", topic(subscriber), i, options_.wildcard ? "/+" : ""));
    }
    return filters;
  }
  const std::string base = fmt::format("{}/{:08x}", options_.topic_prefix, state_.run);
  const std::string plain = options_.mode == Mode::fan_in ? base + "/+" : topic(subscriber);
  return {options_.shared ? fmt::format("$share/bench-{:08x}/{}", state_.run, plain) : plain};
}

void Coordinator::add_subscribers() {
  const bool idle = options_.mode == Mode::connect;
  const std::size_t count = idle ? options_.connections : options_.subscribers;
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = options_.mode == Mode::p2p ? static_cast<std::uint32_t>(i) : 0;
    const std::uint32_t publishers = idle ? 0 : options_.mode == Mode::p2p ? 1 : options_.publishers;
    ClientPlan subscriber = plan('s', i, subscribe_to_);
    subscriber.filters = filters(i);
    thread_for(i).add_subscriber(std::move(subscriber), first, publishers);
  }
}

void Coordinator::add_publishers() {
  for (std::uint32_t i = 0; i < options_.publishers; ++i) {
    Lane& lane = *state_.lanes[i];
    LoadThread& thread = thread_for(i);
    if (options_.window != 0)
      lane.window = std::make_unique<DeliveryWindow>(options_.window, state_.receivers);
    lane.thread = &thread;
    lane.publisher = &thread.add_publisher(plan('p', i, publish_to_), i, topic(i));
  }
}

bool Coordinator::connect() {
  const Nanos begin = now_ns();
  Nanos changed_at = begin;
  for (;;) {
    const std::uint64_t ready_before = result_.counters.ready;
    result_.counters = total();
    const Nanos now = now_ns();
    result_.connect_seconds = to_seconds(now - begin);
    if (result_.counters.disconnects != 0 || interrupted) return false;
    if (result_.counters.ready == result_.clients) return true;
    if (result_.counters.ready != ready_before) changed_at = now;
    if (to_seconds(now - changed_at) > options_.connect_timeout_s) {
      result_.failure =
          fmt::format("{} of {} clients got no answer within {} s", result_.clients - result_.counters.ready,
                      result_.clients, options_.connect_timeout_s);
      return false;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

void Coordinator::hold() {
  const Nanos begin = now_ns();
  sleep_for_seconds(options_.hold_s);
  result_.seconds = to_seconds(now_ns() - begin);
  result_.after = sample(options_);
}

void Coordinator::measure() {
  state_.started_at = now_ns();
  enter(Phase::publishing);
  const Nanos end =
      state_.started_at + static_cast<Nanos>(options_.duration_s * static_cast<double>(nanos_per_second));
  const Nanos stall = static_cast<Nanos>(options_.stall_s * static_cast<double>(nanos_per_second));
  Counters last;
  Nanos changed_at = state_.started_at;
  for (;;) {
    std::this_thread::sleep_for(poll_interval);
    const Nanos now = now_ns();
    const Counters counters = total();
    const bool publishing = state_.phase.load(std::memory_order_relaxed) == Phase::publishing;
    if (publishing && ((options_.messages == 0 && now >= end) || interrupted)) enter(Phase::draining);
    if (is_complete(counters)) break;
    if (counters.published != last.published || counters.delivered != last.delivered ||
        counters.acknowledged != last.acknowledged) {
      last = counters;
      changed_at = now;
    } else if (now - changed_at > stall && (options_.rate == 0 || !publishing)) {
      result_.stalled = true;
      break;
    }
  }
  result_.after = sample(options_);
}

bool Coordinator::is_complete(const Counters& counters) const {
  return counters.finished_sending == options_.publishers &&
         (options_.qos == mqtt::QoS::at_most_once || counters.acknowledged >= counters.published) &&
         counters.delivered >= counters.published * state_.receivers;
}

void Coordinator::enter(Phase phase) {
  state_.phase.store(phase, std::memory_order_release);
  for (const auto& thread : threads_) thread->kick();
}

Counters Coordinator::total() const {
  Counters sum;
  for (const auto& thread : threads_) sum.add(thread->snapshot());
  return sum;
}

void Coordinator::finish() {
  result_.counters = total();
  for (const auto& thread : threads_) {
    result_.latencies.add(thread->latencies());
    result_.connect_times.add(thread->connect_times());
    if (result_.failure.empty()) result_.failure = thread->first_failure();
    for (const auto& subscriber : thread->subscribers()) {
      if (options_.mode != Mode::connect) result_.counters.lost += subscriber->lost();
    }
  }
  if (options_.mode == Mode::connect) return;
  for (const auto& lane : state_.lanes) {
    if (options_.shared) result_.counters.lost += lane->shared_check.lost(lane->publisher->published());
  }
  const Nanos last = result_.counters.last_progress_at;
  result_.seconds =
      last > state_.started_at && state_.started_at != 0 ? to_seconds(last - state_.started_at) : 0;
}

int Coordinator::judge() const {
  const Counters& c = result_.counters;
  const bool loss = c.lost != 0 && options_.qos != mqtt::QoS::at_most_once;
  const bool doubled = c.duplicates != 0 && options_.qos != mqtt::QoS::at_least_once;
  const bool unanswered = options_.qos != mqtt::QoS::at_most_once && c.acknowledged < c.published;
  return loss || doubled || unanswered || c.disconnects != 0 ? exit_broken_promise : exit_ok;
}

}  // namespace

std::optional<double> RunResult::cpu_seconds() const {
  if (!before || !after) return std::nullopt;
  return after->cpu_seconds - before->cpu_seconds;
}

std::optional<double> RunResult::memory_per_connection() const {
  if (!before_connect || !before || clients == 0) return std::nullopt;
  const auto grown =
      static_cast<double>(before->anonymous_bytes) - static_cast<double>(before_connect->anonymous_bytes);
  return grown / static_cast<double>(clients);
}

RunResult run(const Options& options, const std::function<void(const RunResult&)>& ready) {
  return Coordinator(options).run(ready);
}

}  // namespace meshmq::bench
