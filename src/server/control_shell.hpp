#pragma once
// The control thread's shell: carries what happens to node::Control and what it wants to mesh, workers and
// disk.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "discovery/provider.hpp"
#include "mesh/mesh.hpp"
#include "net/worker_thread.hpp"
#include "node/control.hpp"
#include "server/work_pool.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::server {

/// Decides nothing. Events end in a turn: end_of_turn() runs once for all events that came together.
/// Thread rule: the control thread.
class ControlShell final : public node::ControlPorts {
 public:
  /// Makes the image durable; called on the control thread.
  using Save = std::function<void(const std::string& image)>;

  ControlShell(boost::asio::io_context& io, std::span<net::WorkerThread* const> workers, WorkPool& pool,
               Save save);

  /// Second half of construction: `mesh` and `control` must outlive the last event.
  void attach(mesh::Mesh& mesh) { mesh_ = &mesh; }
  void attach(node::Control& control) { control_ = &control; }
  /// nullptr: there is no discovery.
  void attach(discovery::Provider* provider) { provider_ = provider; }
  /// Who hears of finished operations; always from the loop.
  std::function<void(node::OperationId, Result<void>)> on_operation_done;
  std::function<void(node::OperationId, std::vector<node::QueryReply>)> on_query_done;
  std::function<void(node::OperationId, const cluster::VerifyReport&)> on_verified;
  std::function<void(node::OperationId, const Result<std::string>&)> on_peer_answered;
  std::function<void(const node::PeerCall&, const std::string& question)> on_peer_asks;
  std::function<void()> on_settings_changed;
  std::function<void(const std::vector<std::string>& names)> on_traces;
  /// Who writes to the disk; set before the first event.
  std::function<void(node::StoreBatch)> on_store;

  /// Runs an event and lets its turn end soon, together with what else has come by then.
  template <class Event>
  void event(Event&& run) {
    run(*control_);
    end_turn_soon();
  }
  void end_turn_soon();

  // --- node::ControlPorts
  void to_worker(node::WorkerIndex worker, node::ToWorker message) override;
  void dial(const std::string& node) override { mesh_->dial(node); }
  void hang_up(const std::string& node) override { mesh_->hang_up(node); }
  void send(const std::string& node, std::string frame) override { mesh_->send(node, frame); }
  void save(std::string image) override { save_(image); }
  void store(node::StoreBatch batch) override { on_store(std::move(batch)); }
  void operation_done(node::OperationId operation, Result<void> result) override;
  void query_done(node::OperationId operation, std::vector<node::QueryReply> replies) override;
  void verified(node::OperationId operation, const cluster::VerifyReport& report) override;
  void peer_asks(const node::PeerCall& call, std::string question) override;
  void peer_answered(node::OperationId operation, Result<std::string> answer) override;
  void settings_changed() override;
  void check_password(node::PasswordCheckId id, std::string password,
                      std::vector<std::string> hashes) override;
  void traces_changed(const std::vector<std::string>& names) override {
    if (on_traces) on_traces(names);
  }
  void ask_provider() override {
    if (provider_ != nullptr) provider_->ask();
  }
  void discovery_settled() override {
    if (provider_ != nullptr) provider_->settled();
  }
  void discovery_withdraw() override {
    if (provider_ != nullptr) provider_->withdraw();
  }

 private:
  boost::asio::io_context& io_;
  std::vector<net::WorkerThread*> workers_;
  WorkPool& pool_;
  Save save_;
  mesh::Mesh* mesh_ = nullptr;
  node::Control* control_ = nullptr;
  discovery::Provider* provider_ = nullptr;
  bool turn_due_ = false;
  bool settings_due_ = false;
};

}  // namespace meshmq::server
