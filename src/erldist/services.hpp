#pragma once
// What a real Erlang node may ask of us on an established connection: ping, rpc as of old and as of new,
// output.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "erldist/frame.hpp"
#include "erldist/term.hpp"

namespace meshmq::erldist {

/// One remote procedure call that waits for its owner's answer.
struct RpcCall {
  std::uint64_t id = 0;  ///< unique per connection
  std::string module;
  std::string function;
  std::vector<Term> arguments;
  std::string caller{};  ///< name of the node that calls; set by who knows it
};

/// Answers what can be answered at once, hands calls to the owner. Anything unknown is ignored, as a process
/// that is not there would. Thread rule: one owner. Limit: `calls_max` calls waiting.
class Services {
 public:
  static constexpr std::size_t calls_max = 1000;

  Services(std::string node, std::uint32_t creation) : node_(std::move(node)), creation_(creation) {}

  /// Handles one message; appends frames to send to `out` and calls to `calls`.
  void handle(const ControlMessage& message, std::string& out, std::vector<RpcCall>& calls);
  /// Prints on the caller's terminal (its group leader), if the call has one. Before answer().
  void print(std::uint64_t id, std::string_view text, std::string& out);
  void answer(std::uint64_t id, const Term& value, std::string& out);
  /// {badrpc, ...} at the caller.
  void refuse(std::uint64_t id, std::string_view reason, std::string& out);

 private:
  struct Pending {
    bool spawned = false;  ///< answered as a process that ended, not as a message
    bool cast = false;     ///< not answered at all
    Term caller;           ///< pid
    Term reference;        ///< tag of the reply, or the monitor
    Term result_tag;       ///< spawned only
    Term process;          ///< spawned only: the pid that we said runs it
    Term group_leader;
  };

  void handle_named(std::string_view name, const Term& from, const Term& message, std::string& out,
                    std::vector<RpcCall>& calls);
  void handle_call(std::string_view name, const Term& from, const Term& tag, const Term& request,
                   std::string& out, std::vector<RpcCall>& calls);
  void handle_spawn(const ControlMessage& message, std::string& out, std::vector<RpcCall>& calls);
  void start(Pending pending, const Term& module, const Term& function, const Term& arguments,
             std::vector<RpcCall>& calls, std::string& out);
  Term next_pid();

  std::string node_;
  std::uint32_t creation_;
  std::uint32_t last_pid_ = 100;
  std::uint64_t last_call_ = 0;
  std::map<std::uint64_t, Pending> pending_;
};

/// The calling side: one call of rex on a fresh connection.
class RpcClient {
 public:
  RpcClient(std::string self, std::uint32_t creation);
  /// The frame that asks for M:F(A).
  std::string call(std::string_view module, std::string_view function, std::vector<Term> arguments);
  /// True when the answer has come: result().
  bool handle(const ControlMessage& message, std::string& out);
  const Term& result() const { return result_; }

 private:
  Term pid_;
  Term reference_;
  Term result_;
};

}  // namespace meshmq::erldist
