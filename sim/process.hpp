#pragma once
// One running node of the simulation: the same Control and Workers that the server runs, on virtual
// mailboxes.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/route_table.hpp"
#include "node/control.hpp"
#include "node/worker.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/scheduler.hpp"

namespace meshmq::sim {

class Process;

/// What a client sees of its connection. Calls come from the scheduler only.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void bytes(const std::string& data) = 0;
  virtual void closed() = 0;
};

/// A client's connection: two ordered byte streams to a worker.
struct Connection {
  std::weak_ptr<ConnectionEvents> client;
  std::uint16_t worker = 0;
  broker::ConnId id;
  std::string input;   ///< arrived, not taken yet
  std::string output;  ///< of this turn
  Micros last_in = 0;
  Micros last_out = 0;
  bool open = true;  ///< the broker knows it
  bool closing = false;
  bool paused = false;
  bool held = false;  ///< its output
};

/// Everything that processes share. Finds them by name, and keeps what a disk would keep.
class Universe {
 public:
  virtual ~Universe() = default;
  virtual std::shared_ptr<Process> find(const std::string& node) = 0;
  virtual void save(const std::string& node, std::string image) = 0;
  virtual Disk& disk(const std::string& node) = 0;
  virtual void operation_done(const std::string& node, node::OperationId operation,
                              const Result<void>& result) = 0;
  /// What a provider of discovery tells this node now.
  virtual Result<cluster::Discovered> discover() = 0;
  virtual void log(const std::string& node, LogLevel level, std::string_view text) = 0;
  Scheduler scheduler;
};

class Process final : public LinkEnd,
                      public node::ControlPorts,
                      public LogSink,
                      public std::enable_shared_from_this<Process> {
 public:
  Process(Universe& universe, Network& network, Random& random, node::Config config,
          std::uint64_t incarnation, const std::string& image);
  ~Process() override;
  /// Second half of the construction: needs shared_from_this().
  void start();

  node::Control& control() { return *control_; }
  node::Worker& worker(std::size_t i);
  std::size_t workers() const { return config_.workers; }
  const std::string& name() const { return config_.name; }
  /// Runs a call into the control core and what follows from it.
  void with_control(const std::function<void(node::Control&, Now)>& call);
  /// True if the control link to this node is up here.
  bool linked(const std::string& node) const { return control_links_.contains(node); }
  /// What operators are told of a split; empty: nothing.
  const std::string& alarm() const { return alarm_; }
  /// The end of the last Control::verify().
  const std::optional<cluster::VerifyReport>& verified() const { return verified_; }

  // --- clients
  std::shared_ptr<Connection> connect(const std::shared_ptr<ConnectionEvents>& client);
  void send(const std::shared_ptr<Connection>& connection, std::string bytes);
  /// The client closes its socket.
  void close(const std::shared_ptr<Connection>& connection);
  /// Ends the node as an operator would. `stopped` is called when its process may go.
  void stop(std::function<void()> stopped);
  /// Tells every client that its connection broke.
  void drop_clients();

  // --- misfortunes
  /// Stands still, as a process that is stopped or swapped out: whatever comes waits.
  void pause(Micros time);
  bool paused() const { return paused_; }
  /// Its wall clock is wrong by so much.
  void set_skew(WallMillis skew) { skew_ = skew; }

  // --- LinkEnd
  void frame(std::uint64_t link, const std::string& bytes) override;
  void down(std::uint64_t link, node::LinkError error) override;
  // --- node::ControlPorts
  void to_worker(node::WorkerIndex worker, node::ToWorker message) override;
  void dial(const std::string& node) override;
  void hang_up(const std::string& node) override;
  void send(const std::string& node, std::string frame) override;
  void save(std::string image) override;
  void store(node::StoreBatch batch) override;
  void operation_done(node::OperationId operation, Result<void> result) override;
  void query_done(node::OperationId, std::vector<node::QueryReply>) override {}
  void ask_provider() override;
  void verified(node::OperationId, const cluster::VerifyReport& report) override { verified_ = report; }
  void partition_alarm(const std::string& text) override { alarm_ = text; }
  // --- LogSink
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view text, const LogContext&) override {
    universe_.log(config_.name, level, text);
  }

 private:
  class Shell;  // one worker's ports
  struct Forwarding {
    std::size_t worker = 0;
  };

  Now now() const {
    Now now = universe_.scheduler.now();
    now.wall += skew_;
    return now;
  }
  /// Runs `action` at this time, unless the process has died by then; if it stands still, when it goes on.
  void at(Micros when, std::function<void()> action);
  void after(Micros delay, std::function<void()> action) {
    at(universe_.scheduler.now_us() + delay, std::move(action));
  }
  /// The same, now.
  void enter(const std::function<void()>& action);
  /// Runs `action` later on this process, in order per channel, unless it has died by then.
  void later(Micros& last, std::function<void()> action);
  bool reachable(const std::string& node);
  void control_turn();
  void open_control_link(const std::string& node);
  void accept_control_link(const std::string& node, std::uint64_t link);
  void dial_forward(std::size_t worker, cluster::Slot slot, const std::string& node);
  void tick();
  void await_end(const std::shared_ptr<std::function<void()>>& stopped);

  Universe& universe_;
  Network& network_;
  Random& random_;
  node::Config config_;
  std::uint64_t incarnation_;
  std::string image_;
  std::string alarm_;
  std::optional<cluster::VerifyReport> verified_;
  cluster::RouteTable routes_;
  std::unique_ptr<node::Control> control_;
  std::vector<std::unique_ptr<Shell>> shells_;
  std::map<std::string, std::uint64_t> control_links_;  ///< node -> link
  std::map<std::uint64_t, std::string> control_nodes_;
  std::map<std::uint64_t, Forwarding> forwarding_;  ///< link -> worker here
  std::vector<Micros> last_to_worker_;
  Micros last_to_control_ = 0;
  bool control_turn_due_ = false;
  bool paused_ = false;
  std::vector<std::function<void()>> held_;  ///< what has come since
  WallMillis skew_ = 0;
};

}  // namespace meshmq::sim
