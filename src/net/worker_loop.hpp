#pragma once
// The turns of one worker's event loop. Includes Asio: for this folder's own files.

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "net/connection_table.hpp"
#include "net/control_mailbox.hpp"
#include "net/doorbell.hpp"
#include "net/forward_transport.hpp"
#include "net/link_table.hpp"
#include "net/mailbox.hpp"
#include "net/route_table.hpp"
#include "net/worker_thread.hpp"
#include "node/ports.hpp"
#include "node/worker.hpp"

namespace meshmq::net {

/// A turn: sleep until something happens, handle a bounded batch of it, hand everything on at once. In order:
/// sockets, mailboxes, then what they caused: forwarding frames, client output, mail to other threads. The
/// clock is read and the route table entered when the first event of a turn comes, not before: sleeping holds
/// nothing. Thread rule: everything on the loop's thread, but for what is marked.
class WorkerLoop final : public WorkerScope,
                         public ConnectionHost,
                         public LinkHost,
                         public node::WorkerPorts {
 public:
  WorkerLoop(WorkerThread& owner, WorkerThreadOptions options, const SharedRouteTable& routes,
             ControlMailbox& control, ForwardTransport& transport, Logger log);
  ~WorkerLoop() override;

  /// Before run().
  void set_peers(std::vector<WorkerLoop*> peers);
  /// Until stop() is called; then lets go of all connections, links and mail.
  void run();

  // --- any thread
  void stop();
  void put(node::ToWorker message);
  void put(MovedConnection connection);
  void put(Task task);
  /// Empties `messages`. `told`: the sender wants to be called uncongested() as soon as there is room.
  void put(std::vector<node::Parcel>& messages, std::size_t bytes, broker::WorkerIndex from, bool told);
  void put_uncongested();
  const MailboxLoad& load() const { return load_; }
  broker::WorkerIndex index() const { return options_.self; }
  WorkerThreadStats stats() const;

  // --- its own thread
  ConnectionTable& connections() { return connections_; }
  LinkTable& links() { return links_; }

  // --- WorkerScope
  boost::asio::io_context& io() override { return io_; }
  node::Worker& worker() override { return *worker_; }
  Now now() override { return turn(); }

  // --- ConnectionHost, LinkHost
  Now turn() override;
  broker::Broker& broker() override { return worker_->broker(); }
  void hand_over(broker::WorkerIndex home, MovedConnection connection) override;

  // --- node::WorkerPorts
  bool to_worker(broker::WorkerIndex worker, node::Parcel parcel) override;
  void to_control(node::ToControl message) override;
  void dial(cluster::Slot slot, const std::string& node) override;
  std::size_t link_send(node::LinkId link, std::string_view frame) override;
  void link_close(node::LinkId link) override;
  const Histogram* turn_times() const override { return &turn_times_; }

 private:
  static constexpr int handlers_max = 256;
  // Of other workers, in one turn.
  static constexpr std::size_t messages_max = 512;
  static constexpr std::size_t message_bytes_max = 256 * 1024;
  /// Messages for another worker go at the end of the turn, or when there are so many: it can begin with
  /// them.
  static constexpr std::size_t outbox_messages_max = 256;

  /// Messages of this turn for one other worker.
  struct Outbox {
    std::vector<node::Parcel> messages;
    std::size_t bytes = 0;
    bool told = false;  ///< the worker has been told to pause
  };

  /// Something is left over from the turn before.
  bool busy() const { return connections_.dirty() || taken_at_ < taken_messages_.size(); }
  bool mail() const;
  void sleep();
  void handle_events();
  void read_mail();
  void read_messages();
  void tell_waiting_senders();
  void send_outbox(broker::WorkerIndex worker);
  void hand_on();
  void end_turn();
  void start_timer();
  void clean_up();

  WorkerThread& owner_;
  const WorkerThreadOptions options_;
  const SharedRouteReader& routes_;
  ControlMailbox& control_;
  ForwardTransport& transport_;
  Logger log_;

  boost::asio::io_context io_{1};
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_{io_};
  ConnectionTable connections_;
  LinkTable links_;
  std::unique_ptr<node::Worker> worker_;
  std::vector<WorkerLoop*> peers_;
  std::vector<Outbox> outboxes_;  ///< one for each worker of the node
  std::vector<node::ToControl> to_control_;

  bool in_turn_ = false;
  bool stopping_ = false;
  Now now_;
  std::uint64_t turn_began_us_ = 0;
  Histogram turn_times_;

  // --- from other threads
  Doorbell doorbell_;
  Mailbox<node::ToWorker> orders_;
  Mailbox<MovedConnection> arrivals_;
  Mailbox<Task> tasks_;
  Mailbox<node::Parcel> messages_;
  Mailbox<broker::WorkerIndex> waiting_senders_;  ///< told to pause because of this mailbox
  MailboxLoad load_;
  std::atomic<bool> uncongested_{false};
  // What was taken of them; members, so that memory is reused.
  std::vector<node::ToWorker> taken_orders_;
  std::vector<MovedConnection> taken_arrivals_;
  std::vector<Task> taken_tasks_;
  std::vector<node::Parcel> taken_messages_;
  std::vector<broker::WorkerIndex> taken_senders_;
  std::size_t taken_at_ = 0;  ///< how many of them have been delivered

  Counter turns_;
  Counter link_count_;
};

}  // namespace meshmq::net
