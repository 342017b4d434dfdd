#pragma once
// Where whoever serves operators asks the node, and where its answers come back.

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/audit.hpp"
#include "admin/configuration.hpp"
#include "admin/host.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/verify_report.hpp"
#include "node/control.hpp"

namespace meshmq::admin {

class BackupFiles;

struct Defaults {
  struct Pair {
    std::string id{};  ///< empty: there is none
    std::string secret{};
  };
  Pair application{};  ///< management.default_application.*
  Pair user{};         ///< dashboard.default_user.*
};

/// Answers of node::Control find back to who asked by OperationId: operations are numbered here and nowhere
/// else. The owner hands on what node::ControlPorts hears: operation_done(), query_done(), verified(),
/// peer_answered(), never from within a call into node::Control. Thread rule: one owner, the control thread.
class Desk {
 public:
  using OperationDone = std::function<void(Result<void>)>;
  using Verified = std::function<void(const cluster::VerifyReport&)>;
  using PeerAnswered = std::function<void(const Result<Answer>&)>;
  using NodeAnswered = std::function<void(const Result<std::string>&)>;
  using QueryDone = std::function<void(std::vector<node::QueryReply>)>;

  /// `node_name` is this node's; `node_control` and `node_host` must outlive the desk.
  Desk(std::string node_name, node::Control& node_control, Host& node_host, Now node_started)
      : name(std::move(node_name)),
        control(node_control),
        host(node_host),
        started(node_started),
        audit(name, host.records()) {}

  node::OperationId await(OperationDone done) {
    const node::OperationId id(++last_);
    operations_.emplace(id, std::move(done));
    return id;
  }
  /// Asks all workers.
  void query(node::QueryKind kind, std::string client_id, Now now, QueryDone done) {
    node::Query query;
    query.kind = kind;
    query.client_id = std::move(client_id);
    ask_workers(std::move(query), now, std::move(done));
  }
  void ask_workers(node::Query query, Now now, QueryDone done) {
    const node::OperationId id(++last_);
    queries_.emplace(id, std::move(done));
    control.query(id, std::move(query), now);
  }
  /// Runs a command on another node; a failure is one of the way, not of the command.
  void ask_peer(const std::string& node, const RemoteCommand& command, Now now, PeerAnswered done) {
    ask_node(node, encode(command), now, [done = std::move(done)](const Result<std::string>& answer) {
      if (!answer) return done(tl::unexpected<Error>(answer.error()));
      done(decode_answer(*answer));
    });
  }
  /// The same for any question: docs/wire/call-v1.md.
  void ask_node(const std::string& node, const std::string& question, Now now, NodeAnswered done) {
    const node::OperationId id(++last_);
    asked_.emplace(id, std::move(done));
    control.ask_peer(id, node, question, now);
  }
  void peer_answered(node::OperationId id, const Result<std::string>& answer) {
    if (auto waiting = asked_.extract(id)) waiting.mapped()(answer);
  }
  void operation_done(node::OperationId id, Result<void> result) {
    if (auto waiting = operations_.extract(id)) waiting.mapped()(std::move(result));
  }
  /// Whether this node has written for all nodes since `count` was node::OperatorWrites::count().
  bool has_written_since(std::uint64_t count) const { return control.operator_writes().count() != count; }
  /// `done` is called when all running nodes have what this node has written.
  void when_known(Now now, std::function<void()> done) {
    control.operator_writes().await(await([done = std::move(done)](const Result<void>&) { done(); }), now);
  }
  void verify(Now now, Verified done) {
    const node::OperationId id(++last_);
    verifications_.emplace(id, std::move(done));
    control.verify(id, now);
  }
  void verified(node::OperationId id, const cluster::VerifyReport& report) {
    if (auto waiting = verifications_.extract(id)) waiting.mapped()(report);
  }
  void query_done(node::OperationId id, std::vector<node::QueryReply> replies) {
    if (auto waiting = queries_.extract(id)) waiting.mapped()(std::move(replies));
  }
  /// The largest value that each counter has had, this one included.
  std::uint64_t peak(const std::string& counter, std::uint64_t value) {
    return peaks_[counter] = std::max(peaks_[counter], value);
  }

  /// Who may use the management API as long as the tables say nothing else: of the configuration.
  Defaults defaults{};

  /// nullptr: nobody has set it.
  Configuration* configuration = nullptr;
  /// nullptr: this node keeps no exported files.
  BackupFiles* backups = nullptr;

  const std::string name;
  node::Control& control;
  Host& host;
  const Now started;
  Audit audit;  ///< of whoever serves operators

 private:
  std::uint64_t last_ = 0;
  std::map<node::OperationId, OperationDone> operations_;
  std::map<node::OperationId, QueryDone> queries_;
  std::map<node::OperationId, Verified> verifications_;
  std::map<node::OperationId, NodeAnswered> asked_;
  std::map<std::string, std::uint64_t> peaks_;
};

}  // namespace meshmq::admin
