// `routes match`: how a message would travel.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "admin/command.hpp"
#include "topic/filter.hpp"

namespace meshmq::admin {

namespace {

/// What has come so far; the last answer ends it.
struct Match {
  Call call;
  std::string topic;
  node::MatchedRoutes routes;
  std::map<std::string, Result<Answer>> subscribers{};
  std::size_t missing = 0;
};

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result.append("  ").append(text, begin, end - begin).append("\n");
    begin = end + 1;
  }
  return result;
}

std::string describe(const Match& match) {
  std::string text;
  for (const auto& route : match.routes.routes) text += fmt::format("{} -> {}\n", route.filter, route.node);
  for (const auto& group : match.routes.groups) {
    text += fmt::format("{} -> {} ({} of {} members online), one member of the group\n", group.group,
                        group.node, group.online, group.members);
  }
  for (const auto& route : match.routes.away) {
    text += fmt::format("{} -> {}, which is away: kept for it at QoS 1 and 2\n", route.filter, route.node);
  }
  if (text.empty()) return "Nobody is subscribed.\n";
  for (const auto& [node, answer] : match.subscribers) {
    text += fmt::format("{}:\n{}", node, indented(answer ? answer->text : answer.error().message));
  }
  return text;
}

Json to_json(const Match& match) {
  const auto route = [](const node::Route& item) {
    return Json::object({{"topic", item.filter}, {"node", item.node}});
  };
  std::vector<std::pair<std::string, Json>> subscribers;
  for (const auto& [node, answer] : match.subscribers) {
    subscribers.emplace_back(
        node, answer && answer->outcome == Outcome::done
                  ? Json::raw(trimmed(answer->text))
                  : Json::object({{"error", answer ? trimmed(answer->text) : answer.error().message}}));
  }
  const auto group = [](const node::GroupRoute& item) {
    return Json::object(
        {{"group", item.group}, {"node", item.node}, {"online", item.online}, {"members", item.members}});
  };
  return Json::object({{"routes", Json::array(match.routes.routes, route)},
                       {"groups", Json::array(match.routes.groups, group)},
                       {"away", Json::array(match.routes.away, route)},
                       {"subscribers", Json::object(subscribers)}});
}

void take(const std::shared_ptr<Match>& match, const std::string& node, const Result<Answer>& answer) {
  match->subscribers.emplace(node, answer);
  if (--match->missing == 0) match->call.answer(describe(*match), to_json(*match));
}

}  // namespace

void match_routes(Desk& desk, const Call& call) {
  const std::string& topic = call.words[1];
  if (!topic::is_valid_name(topic)) return call.refuse("Not a topic name: " + topic);
  auto match = std::make_shared<Match>(Match{call, topic, desk.control.match(topic)});
  std::set<std::string> nodes;
  for (const auto& route : match->routes.routes) nodes.insert(route.node);
  for (const auto& group : match->routes.groups) nodes.insert(group.node);
  match->missing = nodes.size();
  if (nodes.empty()) return call.answer(describe(*match), to_json(*match));
  const RemoteCommand question{{"subscriptions", "match", topic}, {call.json}};
  for (const std::string& node : nodes) {
    const auto done = [match, node](const Result<Answer>& answer) { take(match, node, answer); };
    if (node == desk.name) {
      CommandTable(desk).run(question.words, question.options, call.now,
                             [done](const Answer& answer) { done(answer); });
    } else {
      desk.ask_peer(node, question, call.now, done);
    }
  }
}

}  // namespace meshmq::admin
