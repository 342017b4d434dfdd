// What one node says about the way of a message.

#include <fmt/format.h>

#include <algorithm>

#include "admin/command.hpp"
#include "admin/explain.hpp"
#include "admin/explain_steps.hpp"

namespace meshmq::admin {

namespace {

using Steps = std::vector<broker::ExplainStep>;

std::optional<mqtt::QoS> qos_of(const std::string& word) {
  if (word.size() != 1 || word[0] < '0' || word[0] > '2') return std::nullopt;
  return static_cast<mqtt::QoS>(word[0] - '0');
}

/// Whoever has something to say that is not so speaks for all.
const Steps* worst(const std::vector<node::QueryReply>& replies) {
  const Steps* result = nullptr;
  for (const node::QueryReply& reply : replies) {
    const bool bad = std::any_of(reply.steps.begin(), reply.steps.end(), [](const auto& s) { return !s.ok; });
    if (!reply.steps.empty() && (result == nullptr || bad)) result = &reply.steps;
  }
  return result;
}

void answer(const Call& call, const Steps& steps) {
  call.answer(encode_steps(steps), Json("ok"));
}

/// `explain-publish <Topic> <QoS> <Publisher>`: the last step is the topic that is routed.
void explain_publish(Desk& desk, const Call& call, node::Query query) {
  query.kind = node::QueryKind::explain_publish;
  desk.ask_workers(std::move(query), call.now, [call](const std::vector<node::QueryReply>& replies) {
    // The publisher's worker knows its rules; the others speak of nobody in particular.
    const node::QueryReply* best = nullptr;
    for (const node::QueryReply& reply : replies) {
      if (best == nullptr || reply.done) best = &reply;
    }
    answer(call, best == nullptr ? Steps() : best->steps);
  });
}

Steps routes_to(const Desk& desk, const std::string& topic, const std::string& to, mqtt::QoS qos) {
  const node::MatchedRoutes matched = desk.control.match(topic);
  Steps steps;
  for (const node::Route& route : matched.routes) {
    if (route.node == to) steps.push_back({"route", true, fmt::format("'{}' leads to {}", route.filter, to)});
  }
  for (const node::GroupRoute& group : matched.groups) {
    if (group.node != to) continue;
    steps.push_back({"route", true,
                     fmt::format("'{}' has {} of {} members online on {}", group.group, group.online,
                                 group.members, to)});
  }
  for (const node::Route& route : matched.away) {
    if (route.node != to) continue;
    const bool kept = qos != mqtt::QoS::at_most_once;
    steps.push_back({"route", kept,
                     fmt::format("'{}' leads to {}, which is away: {}", route.filter, to,
                                 kept ? "kept for it (cluster.forward_keep)" : "lost at QoS 0")});
  }
  if (steps.empty()) {
    steps.push_back(
        {"route", false,
         fmt::format("no route for '{}' leads to {}: nobody there is subscribed, or this node has not "
                     "heard of it yet (cluster verify; cluster.suback_wait)",
                     topic, to)});
  }
  return steps;
}

/// `explain-way <Node> <Topic> <QoS>`: from here to where the client is.
void explain_way(Desk& desk, const Call& call, const std::string& to, const std::string& topic,
                 mqtt::QoS qos) {
  Steps steps = routes_to(desk, topic, to, qos);
  const node::ClusterStatus status = desk.control.status();
  if (!status.partitions.empty())
    steps.push_back({"cluster", true, "the cluster is split: see `cluster status` (cluster.autoheal)"});
  if (to == desk.name) return answer(call, steps);
  node::Query query;
  query.kind = node::QueryKind::explain_link;
  query.node = to;
  desk.ask_workers(std::move(query), call.now,
                   [call, steps = std::move(steps)](const std::vector<node::QueryReply>& replies) mutable {
                     if (const Steps* link = worst(replies))
                       steps.insert(steps.end(), link->begin(), link->end());
                     answer(call, steps);
                   });
}

/// `explain-delivery <ClientId> <Topic> <QoS> <Publisher>`: nothing if there is no session here.
void explain_delivery(Desk& desk, const Call& call, node::Query query) {
  query.kind = node::QueryKind::explain_delivery;
  desk.ask_workers(std::move(query), call.now, [call](const std::vector<node::QueryReply>& replies) {
    const Steps* steps = worst(replies);
    answer(call, steps == nullptr ? Steps() : *steps);
  });
}

}  // namespace

std::string encode_steps(const Steps& steps) {
  std::string text;
  for (const broker::ExplainStep& step : steps) {
    std::string one_line = step.text;
    std::replace(one_line.begin(), one_line.end(), '\n', ' ');
    text += fmt::format("{} {}: {}\n", step.ok ? '+' : '-', step.step, one_line);
  }
  return text;
}

Steps decode_steps(std::string_view text) {
  Steps steps;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() < 2) continue;
    const std::size_t end = line.find(": ", 2);
    if (end == std::string_view::npos) continue;
    steps.push_back(
        {std::string(line.substr(2, end - 2)), line[0] == '+', std::string(line.substr(end + 2))});
  }
  return steps;
}

bool explain_part(Desk& desk, const Call& call) {
  node::Query query;
  if (call.is("explain-publish", 3)) {
    const auto qos = qos_of(call.words[2]);
    if (!qos) return false;
    query.filter = call.words[1];
    query.qos = *qos;
    query.publisher = call.words[3];
    explain_publish(desk, call, std::move(query));
  } else if (call.is("explain-way", 3)) {
    const auto qos = qos_of(call.words[3]);
    if (!qos) return false;
    explain_way(desk, call, call.words[1], call.words[2], *qos);
  } else if (call.is("explain-delivery", 4)) {
    const auto qos = qos_of(call.words[3]);
    if (!qos) return false;
    query.client_id = call.words[1];
    query.filter = call.words[2];
    query.qos = *qos;
    query.publisher = call.words[4];
    explain_delivery(desk, call, std::move(query));
  } else {
    return false;
  }
  return true;
}

}  // namespace meshmq::admin
