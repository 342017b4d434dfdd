#include "sim/network.hpp"

#include <algorithm>

namespace meshmq::sim {

namespace {

/// How long a silent link may go unnoticed: the tick time.
constexpr Micros silence_max = 8_s;

}  // namespace

std::uint64_t Network::open(const std::string& a, std::weak_ptr<LinkEnd> end_a, const std::string& b,
                            std::weak_ptr<LinkEnd> end_b) {
  const std::uint64_t id = ++last_link_;
  Link& link = links_[id];
  link.sides[0].node = a;
  link.sides[0].end = std::move(end_a);
  link.sides[1].node = b;
  link.sides[1].end = std::move(end_b);
  return id;
}

void Network::push(std::uint64_t id, int to, Frame frame) {
  Side& side = links_.at(id).sides[to];
  auto& queue = side.to_here;
  if (!queue.empty()) frame.ready = std::max(frame.ready, queue.back().ready);
  const Micros ready = frame.ready;
  queue.push_back(std::move(frame));
  if (!side.stalled) scheduler_.at(ready, [this, id, to] { pump(id, to); });
}

void Network::send(std::uint64_t id, const std::string& from, std::string bytes) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  const int self = side_of(it->second, from);
  if (!it->second.sides[self].alive) return;
  ++frames_;
  const Side& other = it->second.sides[1 - self];
  push(id, 1 - self, {scheduler_.now_us() + delay(from, other.node), std::move(bytes)});
}

void Network::hang_up(std::uint64_t id, const std::string& from) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  const int self = side_of(it->second, from);
  push(id, 1 - self, {scheduler_.now_us() + delay(), {}, true});
  // Whoever hangs up does not wait for ever for the other side.
  scheduler_.after(2_s, [this, id, self] { break_side(id, self, node::LinkError::closed); });
}

void Network::pump(std::uint64_t id, int to) {
  for (;;) {
    const auto it = links_.find(id);
    if (it == links_.end() || it->second.sides[to].stalled) return;
    Side& side = it->second.sides[to];
    if (side.to_here.empty() || side.to_here.front().ready > scheduler_.now_us()) return;
    const Frame frame = std::move(side.to_here.front());
    side.to_here.pop_front();
    if (frame.fin) return break_both(id, node::LinkError::closed);
    if (!side.alive) continue;
    if (const auto end = side.end.lock()) end->frame(id, frame.bytes);
  }
}

void Network::break_side(std::uint64_t id, int side_index, node::LinkError error) {
  const auto it = links_.find(id);
  if (it == links_.end() || !it->second.sides[side_index].alive) return;
  Side& side = it->second.sides[side_index];
  side.alive = false;
  const auto end = side.end.lock();
  const bool both_gone = !it->second.sides[1 - side_index].alive;
  // The other end hears of it, if there is a way.
  const bool unheard = it->second.sides[1 - side_index].stalled;
  if (both_gone) {
    links_.erase(it);
  } else if (!unheard) {
    scheduler_.after(delay(),
                     [this, id, side_index] { break_side(id, 1 - side_index, node::LinkError::closed); });
  }
  if (end) end->down(id, error);
}

void Network::break_both(std::uint64_t id, node::LinkError error) {
  break_side(id, 0, error);
  break_side(id, 1, error);
}

template <class Visit>
void Network::for_each_link(const std::string& a, const std::string& b, Visit&& visit) {
  for (auto& [id, link] : links_) {
    if (key(link.sides[0].node, link.sides[1].node) == key(a, b)) visit(id, link);
  }
}

void Network::stall(std::uint64_t id, int side, Micros within) {
  links_.at(id).sides[side].stalled = true;
  scheduler_.after(within, [this, id, side] {
    const auto it = links_.find(id);
    if (it != links_.end() && it->second.sides[side].stalled) {
      break_side(id, side, node::LinkError::timed_out);
    }
  });
}

void Network::cut(const std::string& a, const std::string& b) {
  if (!cuts_.insert(key(a, b)).second) return;
  const bool reset = random_.percent(30);
  for_each_link(a, b, [&](std::uint64_t id, Link&) {
    for (int side = 0; side < 2; ++side) {
      stall(id, side, reset ? delay() : static_cast<Micros>(random_.below(silence_max)));
    }
  });
}

void Network::cut_one_way(const std::string& from, const std::string& to) {
  if (!cuts_.insert(key(from, to)).second) return;
  for_each_link(from, to, [&](std::uint64_t id, Link& link) {
    stall(id, side_of(link, to), static_cast<Micros>(random_.below(silence_max)));
  });
}

void Network::pause(const std::string& node, Micros time) {
  for (auto& [id, link] : links_) {
    for (int side = 0; side < 2; ++side) {
      if (link.sides[side].node != node) continue;
      const Micros noticed = static_cast<Micros>(random_.below(silence_max)) + silence_max / 2;
      if (noticed >= time) continue;
      // What was sent before is heard; then it is silent. It hears of the end when it goes on.
      scheduler_.after(
          noticed, [this, link_id = id, side] { break_side(link_id, 1 - side, node::LinkError::timed_out); });
    }
  }
}

void Network::mend(const std::string& a, const std::string& b) {
  if (cuts_.erase(key(a, b)) == 0) return;
  for_each_link(a, b, [&](std::uint64_t id, Link& link) {
    for (int side = 0; side < 2; ++side) {
      link.sides[side].stalled = false;
      const bool other_alive = link.sides[1 - side].alive;
      scheduler_.after(delay(), [this, link_id = id, side, other_alive] {
        if (!other_alive) return break_side(link_id, side, node::LinkError::closed);
        pump(link_id, side);
      });
    }
  });
}

void Network::crashed(const std::string& node) {
  for (auto& [id, link] : links_) {
    for (int side = 0; side < 2; ++side) {
      if (link.sides[side].node != node) continue;
      link.sides[side].alive = false;
      if (link.sides[1 - side].stalled) continue;
      scheduler_.after(
          delay(), [this, link_id = id, side] { break_side(link_id, 1 - side, node::LinkError::closed); });
    }
  }
}

}  // namespace meshmq::sim
