#pragma once
// The virtual network between nodes: ordered links that can stall, break on one side first, and be reset.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "node/ports.hpp"
#include "sim/scheduler.hpp"

namespace meshmq::sim {

/// Where a link ends. Implemented by a node's process; calls come from the scheduler only.
class LinkEnd {
 public:
  virtual ~LinkEnd() = default;
  virtual void frame(std::uint64_t link, const std::string& bytes) = 0;
  virtual void down(std::uint64_t link, node::LinkError error) = 0;
};

/// Links behave like TCP: nothing is lost or reordered while both ends live; a cut stalls the link until one
/// end gives up, and what was under way is then lost. Either end may notice first; if only one way is cut,
/// the deaf end notices.
class Network {
 public:
  Network(Scheduler& scheduler, Random& random) : scheduler_(scheduler), random_(random) {}

  /// Some way between the two is cut.
  bool is_cut(const std::string& a, const std::string& b) const { return cuts_.contains(key(a, b)); }
  bool any_cut() const { return !cuts_.empty(); }
  void cut(const std::string& a, const std::string& b);
  /// What `from` sends does not reach `to` any more.
  void cut_one_way(const std::string& from, const std::string& to);
  void mend(const std::string& a, const std::string& b);
  /// Frames between the two take long.
  void slow_down(const std::string& a, const std::string& b) { slow_.insert(key(a, b)); }
  void speed_up(const std::string& a, const std::string& b) { slow_.erase(key(a, b)); }
  /// A process stands still: those at the other ends of its links hear nothing for `time`.
  void pause(const std::string& node, Micros time);

  /// Makes a link between two live processes. Returns its id; both ends may send at once.
  std::uint64_t open(const std::string& a, std::weak_ptr<LinkEnd> end_a, const std::string& b,
                     std::weak_ptr<LinkEnd> end_b);
  /// Queues a frame from one end.
  void send(std::uint64_t link, const std::string& from, std::string bytes);
  /// Ends the link after what `from` sent has arrived.
  void hang_up(std::uint64_t link, const std::string& from);
  /// The process of this node died: the other ends of its links hear of it soon, unless they are cut off.
  void crashed(const std::string& node);

  /// A plausible one-way delay between two nodes.
  Micros delay(const std::string& a, const std::string& b) {
    return delay() + (slow_.contains(key(a, b)) ? static_cast<Micros>(random_.below(slow_delay_max)) : 0);
  }
  /// And to a client.
  Micros delay() {
    return random_.percent(3) ? static_cast<Micros>(random_.below(80'000))
                              : static_cast<Micros>(50 + random_.below(2'000));
  }

  std::uint64_t frames() const { return frames_; }

 private:
  using Key = std::pair<std::string, std::string>;
  struct Frame {
    Micros ready;
    std::string bytes;
    bool fin = false;
  };
  struct Side {
    std::string node;
    std::weak_ptr<LinkEnd> end;
    bool alive = true;
    bool stalled = false;  ///< nothing comes here
    std::deque<Frame> to_here;
  };
  struct Link {
    Side sides[2];
  };
  static constexpr Micros slow_delay_max = 400_ms;

  static Key key(const std::string& a, const std::string& b) { return a < b ? Key(a, b) : Key(b, a); }
  int side_of(const Link& link, const std::string& node) const { return link.sides[0].node == node ? 0 : 1; }
  void push(std::uint64_t id, int to, Frame frame);
  void pump(std::uint64_t id, int to);
  void break_side(std::uint64_t id, int side, node::LinkError error);
  void break_both(std::uint64_t id, node::LinkError error);
  /// Nothing comes to this side any more; it notices within `within`.
  void stall(std::uint64_t id, int side, Micros within);
  template <class Visit>
  void for_each_link(const std::string& a, const std::string& b, Visit&& visit);

  Scheduler& scheduler_;
  Random& random_;
  std::set<Key> cuts_;
  std::set<Key> slow_;
  std::map<std::uint64_t, Link> links_;
  std::uint64_t last_link_ = 0;
  std::uint64_t frames_ = 0;
};

}  // namespace meshmq::sim
