#pragma once
// Questions that the owner of one control core asks the owner of another node's: docs/wire/call-v1.md.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Bytes there and bytes back; what they mean is the owners' business. Every question ends in
/// ControlPorts::peer_answered(), at the latest after `answer_wait`. Pure. Thread rule: one owner. Limit: an
/// answer of `answer_bytes_max`.
class PeerCalls {
 public:
  static constexpr Duration answer_wait = std::chrono::seconds(5);
  static constexpr std::size_t part_bytes = 256 * 1024;
  static constexpr std::size_t answer_bytes_max = 256 * 1024 * 1024;

  /// False: the node is not up.
  using Send = std::function<bool(const std::string& node, std::string bytes)>;

  PeerCalls(ControlPorts& ports, Send send) : ports_(ports), send_(std::move(send)) {}

  /// Whether a message between nodes is one of these.
  static bool is_call(std::string_view bytes);

  void ask(OperationId operation, const std::string& node, std::string_view question, Now now);
  /// What ControlPorts::peer_asks() wanted to know.
  void answer(const PeerCall& call, std::string_view answer);
  void message(const std::string& node, std::string_view bytes);
  void peer_down(const std::string& node);
  void tick(Now now);

 private:
  struct Asked {
    OperationId operation;
    std::string node;
    TimePoint deadline{};
    std::string answer{};
  };
  void end(std::uint64_t id, Result<std::string> result);

  ControlPorts& ports_;
  const Send send_;
  std::map<std::uint64_t, Asked> asked_;
  std::uint64_t last_ = 0;
};

}  // namespace meshmq::node
