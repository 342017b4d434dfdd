#pragma once
// Messages that wait for a session: its client is away, slow, or has a full window.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "broker/outgoing.hpp"
#include "broker/queue_priorities.hpp"
#include "broker/ring.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// One line for each priority, nearly always one altogether. The line with the highest priority is served
/// first, but in each round not more than ten messages for each step of its priority, so that the others are
/// not starved (as in EMQ X 4.3). Each line is bounded by Config::queue_messages_max (zone.*.max_mqueue_len);
/// when it is full its oldest message makes room, so that a client which comes back finds the newest. A topic
/// has one priority, so its order is kept. Owned by one session.
class MessageQueue {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Of the line with this priority.
  std::size_t size(std::uint16_t priority) const {
    for (const Line& line : lines_) {
      if (line.priority == priority) return line.messages.size();
    }
    return 0;
  }

  /// Returns what was dropped to make room, the oldest message of the line; nullptr: nothing. `limit` 0:
  /// none.
  [[nodiscard]] mqtt::MessagePtr push(Outgoing outgoing, std::size_t limit, std::uint16_t priority = 0) {
    Line& line = line_of(priority);
    mqtt::MessagePtr dropped;
    if (limit != 0 && line.messages.size() >= limit) dropped = std::move(pop_from(line).message);
    ++size_;
    if (outgoing.qos == mqtt::QoS::at_most_once) ++qos0_count_;
    line.messages.push_back(std::move(outgoing));
    return dropped;
  }
  /// What pop() gives next.
  const Outgoing& front() { return next().messages.front(); }
  Outgoing pop() {
    Line& line = next();
    --line.credit;
    return pop_from(line);
  }
  /// Line by line.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Line& line : lines_) line.messages.for_each(visit);
  }
  /// Takes out what the predicate wants, in order; the rest keeps its order.
  template <class Predicate>
  std::vector<Outgoing> take_if(Predicate&& wanted) {
    std::vector<Outgoing> taken;
    for (Line& line : lines_) {
      bool any = false;
      for (std::size_t i = 0; i < line.messages.size() && !any; ++i) any = wanted(line.messages[i]);
      if (!any) continue;
      for (std::size_t left = line.messages.size(); left > 0; --left) {
        Outgoing outgoing = pop_from(line);
        if (wanted(outgoing)) {
          taken.push_back(std::move(outgoing));
        } else {
          (void)push(std::move(outgoing), 0, line.priority);
        }
      }
    }
    return taken;
  }
  bool has_qos0() const { return qos0_count_ != 0; }
  /// Puts every message into the line that it has now; those of other lines stand behind.
  void arrange(const QueuePriorities& priorities) {
    if (lines_.size() <= 1 && priorities.empty()) return;
    MessageQueue arranged;
    for (Line& line : lines_) {
      while (!line.messages.empty()) {
        Outgoing outgoing = line.messages.pop_front();
        const std::uint16_t priority = priorities.of(outgoing.message->topic());
        (void)arranged.push(std::move(outgoing), 0, priority);
      }
    }
    *this = std::move(arranged);
  }

 private:
  struct Line {
    std::uint16_t priority = 0;
    std::uint32_t credit = 0;  ///< messages that it may still send in this round
    Ring<Outgoing> messages{};
  };
  static constexpr std::uint32_t credit_per_step = 10;

  Line& line_of(std::uint16_t priority) {
    const auto at = std::find_if(lines_.begin(), lines_.end(),
                                 [&](const Line& line) { return line.priority <= priority; });
    if (at != lines_.end() && at->priority == priority) return *at;
    Line& line = *lines_.insert(at, Line{});
    line.priority = priority;
    return line;
  }
  Line& next() {
    MESHMQ_ASSERT(size_ != 0, "nothing waits");
    if (lines_.size() == 1) {
      lines_.front().credit = 1;
      return lines_.front();
    }
    const auto ready = [](const Line& line) { return !line.messages.empty() && line.credit != 0; };
    auto at = std::find_if(lines_.begin(), lines_.end(), ready);
    if (at == lines_.end()) {
      for (Line& line : lines_) line.credit = (std::uint32_t{line.priority} + 1) * credit_per_step;
      at = std::find_if(lines_.begin(), lines_.end(), ready);
    }
    return *at;
  }
  Outgoing pop_from(Line& line) {
    Outgoing outgoing = line.messages.pop_front();
    --size_;
    if (outgoing.qos == mqtt::QoS::at_most_once) --qos0_count_;
    return outgoing;
  }

  std::vector<Line> lines_;  ///< the highest priority first
  std::size_t size_ = 0;
  std::size_t qos0_count_ = 0;
};

}  // namespace meshmq::broker
