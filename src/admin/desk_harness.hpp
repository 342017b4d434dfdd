#pragma once
// A node without peers, for tests of those who serve operators: its two workers are answered for by the test.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/desk.hpp"
#include "cluster/route_table.hpp"
#include "node/control.hpp"

namespace meshmq::admin::testing {

/// Keeps what is written in memory.
class TestRecords final : public Records {
 public:
  std::vector<LogHandler> log_handlers() const override { return handlers; }
  void set_primary_level(LogLevel level) override { primary = level; }
  bool set_handler_level(std::string_view id, LogLevel level) override {
    for (LogHandler& handler : handlers) {
      if (handler.id == id) handler.level = level;
    }
    return find(id);
  }
  bool start_handler(std::string_view id, bool on) override {
    for (LogHandler& handler : handlers) {
      if (handler.id == id) handler.started = on;
    }
    return find(id);
  }
  std::string trace_path(std::string_view name) const override { return "/traces/" + std::string(name); }
  std::uint64_t trace_bytes(std::string_view) const override { return trace.size(); }
  Result<std::string> read_trace(std::string_view, std::uint64_t position, std::size_t count) const override {
    return position >= trace.size() ? std::string() : trace.substr(position, count);
  }
  void write_audit(const std::string& line) override { audit += line; }

  LogLevel primary = LogLevel::warning;
  std::vector<LogHandler> handlers = {{"file", LogLevel::warning, "/log/meshmq.log", true}};
  std::string trace;
  std::string audit;

 private:
  bool find(std::string_view id) const { return !handlers.empty() && handlers.front().id == id; }
};

class DeskTest : public ::testing::Test, public node::ControlPorts, public Host {
 protected:
  DeskTest() {
    config_.name = "meshmq@127.0.0.1";
    config_.workers = 2;
    control_.emplace(config_, "", 1, routes_, *this, Logger(), 5, now_);
    desk_.emplace(config_.name, *control_, *this, now_);
  }

  /// Lets answers of the control core and of the workers find their way.
  void settle() {
    do {
      while (!queue_.empty()) {
        const auto next = std::move(queue_.front());
        queue_.pop_front();
        next();
      }
      (void)control_->end_of_turn(now_);
    } while (!queue_.empty());
  }
  void pass(Duration time) {
    now_.mono += time;
    now_.wall += time.count();
  }
  void subscribe(const std::string& filter) {
    control_->handle(node::SubscribeRequest{node::WorkerIndex(0), 1, {{filter, true, true}}}, now_);
    for (int i = 0; i < 3; ++i) (void)control_->end_of_turn(now_);
  }
  void retain(const std::string& topic) {
    control_->handle(
        node::RetainRequest{mqtt::Message::make({.topic = topic, .payload = "x", .retain = true})}, now_);
  }

  node::QueryReply worker_replies_[2];
  std::vector<mqtt::MessagePtr> published_;
  std::vector<node::Query> changes_;  ///< subscribe and unsubscribe; the client `known` is on worker 1
  std::optional<cluster::VerifyReport> verify_report_;  ///< instead of what the cluster finds
  std::vector<std::string> dialled_;
  std::vector<ListenerInfo> listeners_;
  std::vector<CertificateReload> certificate_reloads_;
  Result<std::size_t> acl_reload_ = 4;
  SystemLoad load_;
  RuntimeInfo runtime_;
  bool stopping_ = false;
  LogLevel log_level_ = LogLevel::warning;
  TestRecords records_;
  Now now_{TimePoint(Duration(10'000)), 1'700'000'000'000};
  std::optional<node::Control> control_;
  std::optional<Desk> desk_;

 private:
  // --- node::ControlPorts
  void to_worker(node::WorkerIndex worker, node::ToWorker message) override {
    if (const auto* publish = std::get_if<node::PublishRequest>(&message))
      published_.push_back(publish->message);
    const auto* query = std::get_if<node::Query>(&message);
    if (query == nullptr) return;
    queue_.push_back([this, worker, query = *query] {
      node::QueryReply reply = worker_replies_[worker.value];
      reply.query = query.query;
      reply.worker = worker;
      const bool changes =
          query.kind == node::QueryKind::subscribe || query.kind == node::QueryKind::unsubscribe;
      if (changes) changes_.push_back(query);
      reply.done =
          (changes || query.kind == node::QueryKind::kick) && query.client_id == "known" && worker.value == 1;
      control_->handle(std::move(reply), now_);
    });
  }
  void dial(const std::string& node) override { dialled_.push_back(node); }
  void hang_up(const std::string&) override {}
  void send(const std::string&, std::string) override {}
  void store(node::StoreBatch) override {}
  void save(std::string) override {}
  void operation_done(node::OperationId operation, Result<void> result) override {
    queue_.push_back([this, operation, result] { desk_->operation_done(operation, result); });
  }
  void query_done(node::OperationId operation, std::vector<node::QueryReply> replies) override {
    queue_.push_back([this, operation, replies] { desk_->query_done(operation, replies); });
  }
  void peer_answered(node::OperationId operation, Result<std::string> answer) override {
    queue_.push_back([this, operation, answer] { desk_->peer_answered(operation, answer); });
  }
  void verified(node::OperationId operation, const cluster::VerifyReport& report) override {
    queue_.push_back(
        [this, operation, report = verify_report_.value_or(report)] { desk_->verified(operation, report); });
  }

  // --- Host
  Result<std::size_t> reload_acl() override { return acl_reload_; }
  void offload(std::function<void()> work, std::function<void()> done) override {
    work();
    queue_.push_back(std::move(done));
  }
  std::vector<CertificateReload> reload_certificates() override { return certificate_reloads_; }
  std::string_view version() const override { return "1.2.3"; }
  bool stopping() const override { return stopping_; }
  std::vector<ListenerInfo> listeners() const override { return listeners_; }
  Result<void> stop_listener(std::string_view id) override {
    if (id == "mqtt:tcp:external") return {};
    return fail(Errc::not_found, "");
  }
  Result<void> start_listener(std::string_view id) override {
    if (id == "mqtt:ws:external") return {};
    if (id == "mqtt:tcp:external") return fail(Errc::already_exists, "it runs already");
    return fail(Errc::not_found, "");
  }
  Result<void> restart_listener(std::string_view id) override {
    if (id == "mqtt:tcp:external") return fail(Errc::already_exists, "address in use");
    return fail(Errc::not_found, "");
  }
  RuntimeInfo runtime() const override {
    RuntimeInfo info = runtime_;
    info.load1 = 1.294;
    return info;
  }
  SystemLoad system_load() const override { return load_; }
  LogLevel log_level() const override { return log_level_; }
  void set_log_level(LogLevel level) override { log_level_ = level; }
  Records& records() override { return records_; }

  node::Config config_;
  cluster::RouteTable routes_;
  std::deque<std::function<void()>> queue_;
};

}  // namespace meshmq::admin::testing
