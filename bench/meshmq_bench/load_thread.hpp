#pragma once
// One thread of the load generator: its clients and their event loop.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/meshmq_bench/client.hpp"
#include "bench/meshmq_bench/publisher.hpp"
#include "bench/meshmq_bench/run_state.hpp"
#include "bench/meshmq_bench/subscriber.hpp"
#include "mqtt/decoder.hpp"

namespace meshmq::bench {

/// Bare epoll: the generator has to be cheaper than what it measures. One read per ready socket, one write
/// per client and turn of the loop. Before start() and after join() everything belongs to the caller; in
/// between to the thread, except what is marked.
class LoadThread {
 public:
  LoadThread(RunState& run, double connect_rate, std::uint32_t connect_parallel);
  ~LoadThread();
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;

  Publisher& add_publisher(ClientPlan plan, std::uint32_t index, std::string topic);
  Subscriber& add_subscriber(ClientPlan plan, std::uint32_t first, std::uint32_t publishers);
  /// Runs until the phase is `done`.
  void start();
  void join();
  /// Any thread: look at the phase now.
  void kick();
  /// Any thread: what was counted up to the last turn of the loop.
  Counters snapshot() const;
  /// Any thread: why the first client was lost; empty if none was.
  std::string first_failure() const;

  // --- after join()
  const Histogram& connect_times() const { return connect_times_; }
  const std::vector<std::unique_ptr<Subscriber>>& subscribers() const { return subscribers_; }

  // --- for the clients of this thread
  mqtt::Decoder& decoder() { return decoder_; }
  Nanos now() const { return now_; }
  Counters& counters() { return counters_; }
  Histogram& latencies() { return latencies_; }
  const Histogram& latencies() const { return latencies_; }
  void has_output(Client& client);
  void client_ready(Client& client);
  void pump_later(Publisher& publisher);
  void publisher_finished(Publisher& publisher);
  /// A publisher of any thread may send more.
  void window_moved(Lane& lane);

 private:
  void run();
  void wait_and_handle_events();
  void handle(Client& client, std::uint32_t events);
  void dial_some();
  void enter_phase(Phase phase);
  void pump_publishers();
  void take_moved_lanes();
  void flush(Client& client);
  void flush_all();
  void watch(Client& client, bool want_room);
  void lose(Client& client, const std::string& why);
  void tick_clients();
  void publish_counters();
  Nanos wake_at() const;

  using Due = std::pair<Nanos, Publisher*>;

  RunState& run_;
  int epoll_ = -1;
  int event_ = -1;
  std::thread thread_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<Client*> clients_;  ///< in the order of dialling
  mqtt::Decoder decoder_;
  std::unique_ptr<char[]> scratch_;

  Phase phase_ = Phase::connecting;
  Nanos now_ = 0;
  Nanos next_tick_ = 0;
  double connect_rate_;
  std::uint32_t connect_parallel_;
  Nanos first_dial_at_ = 0;
  std::size_t dialled_ = 0;
  std::size_t dialling_ = 0;  ///< not ready yet

  std::vector<Client*> with_output_;
  std::vector<Publisher*> to_pump_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> schedule_;  ///< with a rate only

  Counters counters_;
  Histogram latencies_;
  Histogram connect_times_;

  mutable std::mutex mutex_;  ///< guards what follows
  Counters published_counters_;
  std::string first_failure_;
  std::vector<Lane*> moved_lanes_;
};

}  // namespace meshmq::bench
