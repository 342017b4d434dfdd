#pragma once
// How one command is written. For this folder's own files.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/command_table.hpp"
#include "admin/formats.hpp"
#include "admin/host.hpp"
#include "admin/json.hpp"
#include "cluster/verify_report.hpp"
#include "node/control.hpp"

namespace meshmq::admin {

/// What commands work on. Answers of node::Control find back to who asked by OperationId.
class Desk {
 public:
  using OperationDone = std::function<void(Result<void>)>;
  using Verified = std::function<void(const cluster::VerifyReport&)>;
  using QueryDone = std::function<void(std::vector<node::QueryReply>)>;

  Desk(std::string node_name, node::Control& node_control, Host& node_host, Now node_started)
      : name(std::move(node_name)), control(node_control), host(node_host), started(node_started) {}

  node::OperationId await(OperationDone done) {
    const node::OperationId id(++last_);
    operations_.emplace(id, std::move(done));
    return id;
  }
  /// Asks all workers.
  void query(node::QueryKind kind, std::string client_id, Now now, QueryDone done) {
    const node::OperationId id(++last_);
    queries_.emplace(id, std::move(done));
    control.query(id, kind, std::move(client_id), now);
  }
  void operation_done(node::OperationId id, Result<void> result) {
    if (auto waiting = operations_.extract(id)) waiting.mapped()(std::move(result));
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

  const std::string name;
  node::Control& control;
  Host& host;
  const Now started;

 private:
  std::uint64_t last_ = 0;
  std::map<node::OperationId, OperationDone> operations_;
  std::map<node::OperationId, QueryDone> queries_;
  std::map<node::OperationId, Verified> verifications_;
  std::map<std::string, std::uint64_t> peaks_;
};

/// One command under way. Copied into the continuations of asynchronous ones; exactly one of the answers is
/// given.
struct Call {
  std::vector<std::string> words;  ///< behind the command's own name
  bool json = false;
  Now now;
  CommandTable::Done done;

  bool is(std::string_view sub, std::size_t arguments) const {
    return words.size() == arguments + 1 && words[0] == sub;
  }
  void answer(const std::string& text, const Json& json_value) const {
    done({Outcome::done, json ? json_value.text() + "\n" : text});
  }
  /// One line, without its newline.
  void refuse(const std::string& line) const {
    done({Outcome::refused, (json ? Json::object({{"error", line}}).text() : line) + "\n"});
  }
};

struct Command {
  std::string_view name;
  std::span<const UsageLine> usage;
  /// False: the words are no form of this command.
  bool (*run)(Desk&, const Call&);
};

std::span<const Command> broker_commands();   // status, broker, runtime, log
std::span<const Command> cluster_commands();  // cluster
std::span<const Command> client_commands();   // clients, subscriptions
std::span<const Command> route_commands();    // routes, trie, topics, retainer
std::span<const Command> listener_commands();
std::span<const Command> access_commands();  // acl

}  // namespace meshmq::admin
