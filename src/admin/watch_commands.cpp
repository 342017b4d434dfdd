// `slow_subs`, `topic_metrics`, `audit`: what this node has seen.

#include <fmt/format.h>

#include "admin/command.hpp"
#include "admin/watches.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine slow_usage[] = {
    {"slow_subs list", "List the slowest subscribers of this node"},
    {"slow_subs clean", "Forget them"},
};
constexpr UsageLine topic_usage[] = {
    {"topic_metrics list", "List topics that are counted, with what this node has counted"},
    {"topic_metrics register <Topic>", "Count a topic, on all nodes"},
    {"topic_metrics deregister <Topic>", "Count it no more"},
};
constexpr UsageLine audit_usage[] = {
    {"audit list", "List what operators have done on this node, the newest first"}};

bool run_slow(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    desk.query(node::QueryKind::slow_subscribers, {}, call.now,
               [&desk, call](const std::vector<node::QueryReply>& replies) {
                 const auto slowest = slowest_of(replies);
                 std::string text;
                 for (const auto& slow : slowest) {
                   text += fmt::format("SlowSubscriber({}, topic={}, latency={}ms, last_update={})\n",
                                       slow.client_id, slow.topic, slow.latency_ms, format_datetime(slow.at));
                 }
                 call.answer(text, Json::array(slowest,
                                               [&](const auto& slow) { return slow_json(slow, desk.name); }));
               });
  } else if (call.is("clean", 0)) {
    desk.query(node::QueryKind::clear_slow_subscribers, {}, call.now,
               [call](const std::vector<node::QueryReply>&) { call.answer("ok\n", Json("ok")); });
  } else {
    return false;
  }
  return true;
}

void list_topics(Desk& desk, const Call& call) {
  desk.query(node::QueryKind::topic_counts, {}, call.now,
             [call](const std::vector<node::QueryReply>& replies) {
               const auto topics = topic_counts_of(replies);
               std::string text;
               for (const auto& counts : topics) {
                 text += counts.topic + "\n";
                 for (std::size_t i = 0; i < broker::topic_counters; ++i)
                   text += fmt::format("  {:<20}: {} ({:.2f}/s)\n", topic_counter_names[i], counts.counts[i],
                                       counts.rates[i]);
               }
               call.answer(text, Json::array(topics, [](const auto& counts) {
                             return Json::object({{"topic", counts.topic}, {"metrics", topic_json(counts)}});
                           }));
             });
}

bool run_topic_metrics(Desk& desk, const Call& call) {
  node::Watches& watches = desk.control.watches();
  if (call.is("list", 0)) {
    list_topics(desk, call);
  } else if (call.is("register", 1)) {
    const auto counted = watches.count_topic(call.words[1], call.now);
    counted ? call.answer("ok\n", Json("ok")) : call.refuse("[error] " + counted.error().message);
  } else if (call.is("deregister", 1)) {
    watches.count_no_more(call.words[1], call.now) ? call.answer("ok\n", Json("ok"))
                                                   : call.refuse("[error] topic not found");
  } else {
    return false;
  }
  return true;
}

bool run_audit(Desk& desk, const Call& call) {
  if (!call.is("list", 0)) return false;
  const auto entries = desk.audit.entries();
  std::string text;
  for (const AuditEntry& entry : entries) {
    text += fmt::format("Audit({}, who={}, from={}, action={}, detail={}, result={})\n",
                        format_datetime(entry.at), entry.who, entry.from, entry.action, entry.detail,
                        entry.result);
  }
  call.answer(text, Json::array(entries, [&](const AuditEntry& entry) { return entry.json(desk.name); }));
  return true;
}

constexpr Command watch_rows[] = {
    {"slow_subs", slow_usage, run_slow},
    {"topic_metrics", topic_usage, run_topic_metrics},
    {"audit", audit_usage, run_audit},
};

}  // namespace

std::vector<broker::SlowSubscriber> slowest_of(const std::vector<node::QueryReply>& replies) {
  std::vector<broker::SlowSubscriber> all;
  for (const node::QueryReply& reply : replies) all.insert(all.end(), reply.slow.begin(), reply.slow.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.latency_ms > b.latency_ms; });
  return all;
}

Json slow_json(const broker::SlowSubscriber& slow, const std::string& node) {
  return Json::object({{"clientid", slow.client_id},
                       {"topic", slow.topic},
                       {"node", node},
                       {"latency_ms", slow.latency_ms},
                       {"last_update", slow.at}});
}

std::vector<broker::TopicCounts> topic_counts_of(const std::vector<node::QueryReply>& replies) {
  std::vector<broker::TopicCounts> all;
  for (const node::QueryReply& reply : replies) {
    for (const broker::TopicCounts& counts : reply.topics) add_counts(all, counts);
  }
  return all;
}

void add_counts(std::vector<broker::TopicCounts>& all, const broker::TopicCounts& more) {
  auto known = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.topic == more.topic; });
  if (known == all.end()) {
    all.push_back(more);
    return;
  }
  for (std::size_t i = 0; i < broker::topic_counters; ++i) {
    known->counts[i] += more.counts[i];
    known->rates[i] += more.rates[i];
  }
}

Json topic_json(const broker::TopicCounts& counts) {
  std::vector<std::pair<std::string, Json>> members;
  for (std::size_t i = 0; i < broker::topic_counters; ++i) {
    members.emplace_back(std::string(topic_counter_names[i]) + ".count", counts.counts[i]);
    members.emplace_back(std::string(topic_counter_names[i]) + ".rate", counts.rates[i]);
  }
  return Json::object(members);
}

std::span<const Command> watch_commands() {
  return watch_rows;
}

}  // namespace meshmq::admin
