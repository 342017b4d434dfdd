#include <fmt/format.h>

#include <algorithm>

#include "admin/command.hpp"
#include "mqtt/message.hpp"
#include "topic/filter.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine routes_usage[] = {
    {"routes list", "List all routes"},
    {"routes show <Topic>", "Show a route"},
    {"routes match <Topic>", "Where a message to the topic goes, and who gets it there"},
};
constexpr UsageLine topics_usage[] = {{"topics list", "List all topics and filters with a route"}};
constexpr UsageLine trie_usage[] = {{"trie list", "List all filters with wildcards"}};
constexpr UsageLine retainer_usage[] = {
    {"retainer info", "Show the count of retained messages"},
    {"retainer topics", "Show all topics of retained messages"},
    {"retainer clean", "Clean all retained messages"},
    {"retainer clean <Topic>", "Clean retained messages by the specified topic filter"},
};

void answer_lines(const Call& call, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  call.answer(text, Json::strings(lines));
}

bool run_routes(Desk& desk, const Call& call) {
  if (call.is("match", 1)) {
    match_routes(desk, call);
    return true;
  }
  const bool show = call.is("show", 1);
  if (!show && !call.is("list", 0)) return false;
  std::vector<node::Route> routes = desk.control.routes();
  if (show) std::erase_if(routes, [&](const node::Route& route) { return route.filter != call.words[1]; });
  std::string text;
  for (const auto& route : routes) text.append(route.filter).append(" -> ").append(route.node).append("\n");
  call.answer(text, Json::array(routes, [](const node::Route& route) {
                return Json::object({{"topic", route.filter}, {"node", route.node}});
              }));
  return true;
}

bool run_topics(Desk& desk, const Call& call) {
  if (!call.is("list", 0)) return false;
  std::vector<std::string> topics;
  for (node::Route& route : desk.control.routes()) {
    if (topics.empty() || topics.back() != route.filter) topics.push_back(std::move(route.filter));
  }
  answer_lines(call, topics);
  return true;
}

bool run_trie(Desk& desk, const Call& call) {
  if (!call.is("list", 0)) return false;
  answer_lines(call, desk.control.trie());
  return true;
}

void clean_retained(Desk& desk, const Call& call, const std::string& filter) {
  // Deletes in the whole cluster: a slip such as `a/#/b` must not be taken for `a/#`.
  if (!topic::is_valid_filter(filter)) return call.refuse("Not a topic filter: " + filter);
  const std::size_t count = desk.control.clean_retained(filter, call.now);
  call.answer(fmt::format("Cleaned {} retained messages\n", count), Json::object({{"cleaned", count}}));
}

bool run_retainer(Desk& desk, const Call& call) {
  if (call.is("info", 0)) {
    const std::size_t count = desk.control.stats().retained;
    call.answer(fmt::format("retained/total: {}\n", count), Json::object({{"retained", count}}));
  } else if (call.is("topics", 0)) {
    std::vector<std::string> topics;
    for (const mqtt::MessagePtr& message : desk.control.retained("#")) topics.emplace_back(message->topic());
    answer_lines(call, topics);
  } else if (call.is("clean", 0) || call.is("clean", 1)) {
    clean_retained(desk, call, call.words.size() == 2 ? call.words[1] : "#");
  } else {
    return false;
  }
  return true;
}

constexpr Command route_rows[] = {
    {"routes", routes_usage, run_routes},
    {"topics", topics_usage, run_topics},
    {"trie", trie_usage, run_trie},
    {"retainer", retainer_usage, run_retainer},
};

}  // namespace

std::span<const Command> route_commands() {
  return route_rows;
}

}  // namespace meshmq::admin
