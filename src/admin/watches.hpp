#pragma once
// Slow subscribers and counted topics, put together from workers' answers.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "broker/slow_subscribers.hpp"
#include "broker/topic_metrics.hpp"
#include "node/messages.hpp"

namespace meshmq::admin {

/// As EMQ X names them, in the order of broker::TopicCounts.
inline constexpr std::array<std::string_view, broker::topic_counters> topic_counter_names = {
    "messages.in",      "messages.out",      "messages.dropped", "messages.qos0.in", "messages.qos0.out",
    "messages.qos1.in", "messages.qos1.out", "messages.qos2.in", "messages.qos2.out"};

/// The slowest first.
std::vector<broker::SlowSubscriber> slowest_of(const std::vector<node::QueryReply>& replies);
Json slow_json(const broker::SlowSubscriber& slow, const std::string& node);

std::vector<broker::TopicCounts> topic_counts_of(const std::vector<node::QueryReply>& replies);
/// Adds to the entry of the same topic, or makes it.
void add_counts(std::vector<broker::TopicCounts>& all, const broker::TopicCounts& more);
/// `messages.in.count`, `messages.in.rate` and so on.
Json topic_json(const broker::TopicCounts& counts);

}  // namespace meshmq::admin
