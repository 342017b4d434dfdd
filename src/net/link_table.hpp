#pragma once
// The open forwarding links of one worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "net/forward_transport.hpp"
#include "node/ports.hpp"
#include "node/worker.hpp"

namespace meshmq::net {

/// What the links need of their loop.
class LinkHost {
 public:
  /// The time of this turn; begins the turn if it has not begun.
  virtual Now turn() = 0;
  virtual node::Worker& worker() = 0;

 protected:
  ~LinkHost() = default;
};

/// Gives each link its id, hands its events to the worker, and destroys it when it is down and no call of its
/// own is under way. Thread rule: its worker.
class LinkTable {
 public:
  /// `link_bytes_max`: node::Config's; below half of it the worker is told that a link has drained.
  LinkTable(LinkHost& host, std::size_t link_bytes_max);
  ~LinkTable();

  /// The id is valid at once; events begin with start().
  node::LinkId add(std::unique_ptr<ForwardLink> link);
  void start(node::LinkId id);
  /// Returns 0 for a link that is gone.
  std::size_t send(node::LinkId id, std::string_view frame);
  void close(node::LinkId id);
  void reap();
  void begin_turn() { turn_read_ = 0; }
  /// Enough has come in in this turn: others wait.
  bool turn_is_full() const { return turn_read_ >= turn_read_max; }
  void clear();
  std::size_t size() const { return links_.size(); }

 private:
  struct Entry;

  static constexpr std::size_t turn_read_max = 256 * 1024;

  Entry* find(node::LinkId id);

  LinkHost& host_;
  const std::size_t pressure_bytes_;
  std::unordered_map<node::LinkId, std::unique_ptr<Entry>> links_;
  std::vector<std::unique_ptr<Entry>> down_;
  std::uint64_t last_id_ = 0;
  std::size_t turn_read_ = 0;
};

}  // namespace meshmq::net
