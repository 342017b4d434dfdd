#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/command.hpp"
#include "admin/status_format.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine cluster_usage[] = {
    {"cluster join <Node>", "Join the cluster"},
    {"cluster leave", "Leave the cluster"},
    {"cluster force-leave <Node>", "Force the node leave from cluster"},
    {"cluster status", "Cluster status"},
    {"cluster heal", "Bring together what cluster.autoheal = off keeps apart"},
    {"cluster heal-log", "Splits that were healed"},
    {"cluster verify", "Compare the tables of all running nodes"},
    {"cluster discovery", "What discovery found, and what was done with it"},
    {"cluster evacuate start [--rate <N>]", "Send this node's clients to other nodes, so many per second"},
    {"cluster evacuate stop|status", "Serve clients again; how far it is"},
    {"cluster rebalance start [--rate <N>]", "Even out the clients between the nodes"},
    {"cluster rebalance stop|status", "End that; how far it is"},
};

/// A name without @ is one on this node's host.
std::string complete(const Desk& desk, const std::string& node) {
  return node.find('@') == std::string::npos ? node + desk.name.substr(desk.name.find('@')) : node;
}

void answer_status(const Desk& desk, const Call& call, const std::string& before) {
  const node::ClusterStatus status = desk.control.status();
  std::vector<std::pair<std::string, Json>> json = {{"running_nodes", Json::strings(status.running_nodes)},
                                                    {"stopped_nodes", Json::strings(status.stopped_nodes)}};
  if (!status.partitions.empty())
    json.emplace_back("partitions", Json::array(status.partitions, Json::strings));
  if (!status.apart.empty()) json.emplace_back("apart", Json::strings(status.apart));
  call.answer(before + format_status(status) + format_split(status), Json::object(json));
}

/// The end of join, leave and force-leave.
Desk::OperationDone then_status(const Desk& desk, const Call& call, std::string success,
                                std::string failure) {
  return
      [&desk, call, success = std::move(success), failure = std::move(failure)](const Result<void>& result) {
        if (!result) return call.refuse(failure + result.error().message);
        answer_status(desk, call, success);
      };
}

void join(Desk& desk, const Call& call, const std::string& node) {
  if (node == desk.name)
    return call.refuse("Ignore. This is " + node + " itself, a node cannot join itself.");
  const auto id =
      desk.await(then_status(desk, call, "Join the cluster successfully.\n", "Failed to join the cluster: "));
  desk.control.join(id, node, call.now);
}

void leave(Desk& desk, const Call& call) {
  const auto id = desk.await(
      then_status(desk, call, "Leave the cluster successfully.\n", "Failed to leave the cluster: "));
  desk.control.leave(id, call.now);
}

void force_leave(Desk& desk, const Call& call, const std::string& node) {
  if (node == desk.name) return call.refuse("Ignore. This is " + node + " itself: use `cluster leave`.");
  const auto id = desk.await(then_status(desk, call, "Remove the node from cluster successfully.\n",
                                         "Failed to remove the node from cluster: "));
  desk.control.force_leave(id, node, call.now);
}

/// As UTC; "never" for 0.
std::string moment(WallMillis wall) {
  return wall == 0 ? "never" : format_datetime(wall);
}

void answer_discovery(const Desk& desk, const Call& call) {
  const cluster::DiscoveryStatus status = desk.control.discovery();
  std::string text = fmt::format("provider      : {}\n", status.provider);
  if (status.provider != "manual") {
    text +=
        fmt::format("last question : {}\nlast answer   : {}{}\nlast action   : {}{}\n", moment(status.asked),
                    moment(status.answered), status.error.empty() ? "" : " error: " + status.error,
                    moment(status.acted), status.action.empty() ? "" : " " + status.action);
    for (const auto& [node, standing] : status.candidates)
      text += fmt::format("found {}: {}\n", node, standing);
  }
  const auto candidate = [](const cluster::DiscoveryStatus::Candidate& found) {
    return Json::object({{"node", found.node}, {"standing", found.standing}});
  };
  call.answer(text, Json::object({{"provider", status.provider},
                                  {"asked_at", status.asked},
                                  {"answered_at", status.answered},
                                  {"error", status.error},
                                  {"acted_at", status.acted},
                                  {"action", status.action},
                                  {"found", Json::array(status.candidates, candidate)}}));
}

void heal(const Desk& desk, const Call& call) {
  const std::vector<std::string> nodes = desk.control.heal(call.now);
  if (nodes.empty()) return call.refuse("No nodes are kept apart.");
  call.answer(fmt::format("Healing the cluster with {}.\n", fmt::join(nodes, ", ")),
              Json::object({{"nodes", Json::strings(nodes)}}));
}

std::string describe(const cluster::HealRecord& heal) {
  std::string views;
  for (const auto& view : heal.views) views += fmt::format(" [{}]", fmt::join(view, ","));
  std::string text = fmt::format(
      "split at {}, met at {}, healed in {} ms\n  split view :{}\n  coordinator: {}\n", moment(heal.split_at),
      moment(heal.met_at), heal.healed_at - heal.met_at, views, heal.coordinator);
  for (const auto& [node, merged] : heal.merged) {
    text += fmt::format(
        "  merged at {}: {} routes and sessions of others, {} shared rows, {} clients with two sessions\n",
        node, merged.rows, merged.shared_rows, merged.sessions);
  }
  return text;
}

Json to_json(const cluster::HealRecord& heal) {
  std::vector<std::pair<std::string, Json>> merged;
  for (const auto& [node, m] : heal.merged) {
    merged.emplace_back(
        node, Json::object({{"rows", m.rows}, {"shared_rows", m.shared_rows}, {"sessions", m.sessions}}));
  }
  return Json::object({{"id", heal.id},
                       {"split_view", Json::array(heal.views, Json::strings)},
                       {"coordinator", heal.coordinator},
                       {"split_at", heal.split_at},
                       {"met_at", heal.met_at},
                       {"healed_at", heal.healed_at},
                       {"merged", Json::object(merged)}});
}

void answer_heal_log(const Desk& desk, const Call& call) {
  std::string text;
  for (const cluster::HealRecord& heal : desk.control.heal_log()) text += describe(heal);
  call.answer(text.empty() ? "No split was healed since this node was started.\n" : text,
              Json::array(desk.control.heal_log(), to_json));
}

std::string describe(const cluster::VerifyReport& report) {
  std::string text = fmt::format("{} nodes compared: {} routes, groups and sessions, {} shared rows\n",
                                 report.nodes.size(), report.rows, report.shared_rows);
  for (const std::string& node : report.silent) text += fmt::format("no answer from {}\n", node);
  for (const std::string& line : report.differences) text += line + "\n";
  if (!report.differences.empty()) text += "What differs is fetched again from its owner.\n";
  for (const std::string& line : report.busy) text += line + "\n";
  if (!report.busy.empty()) text += "What changes all the time could not be compared.\n";
  if (!report.differences.empty() || !report.silent.empty()) return text;
  return text + (report.busy.empty() ? "All hold the same.\n" : "All else is the same.\n");
}

/// A difference, or a node that does not answer, is a failure of the command: scripts look at its status.
void verify(Desk& desk, const Call& call) {
  desk.verify(call.now, [call](const cluster::VerifyReport& report) {
    const Json json = Json::object({{"nodes", Json::strings(report.nodes)},
                                    {"silent", Json::strings(report.silent)},
                                    {"differences", Json::strings(report.differences)},
                                    {"busy", Json::strings(report.busy)},
                                    {"rows", report.rows},
                                    {"shared_rows", report.shared_rows}});
    const bool good = report.silent.empty() && report.differences.empty();
    call.done({good ? Outcome::done : Outcome::refused, call.json ? json.text() + "\n" : describe(report)});
  });
}

bool run_cluster(Desk& desk, const Call& call) {
  if (call.is("join", 1)) {
    join(desk, call, complete(desk, call.words[1]));
  } else if (call.is("leave", 0)) {
    leave(desk, call);
  } else if (call.is("force-leave", 1)) {
    force_leave(desk, call, complete(desk, call.words[1]));
  } else if (call.is("status", 0)) {
    answer_status(desk, call, {});
  } else if (call.is("heal", 0)) {
    heal(desk, call);
  } else if (call.is("heal-log", 0)) {
    answer_heal_log(desk, call);
  } else if (call.is("verify", 0)) {
    verify(desk, call);
  } else if (call.is("discovery", 0)) {
    answer_discovery(desk, call);
  } else if (!call.words.empty() && (call.words[0] == "evacuate" || call.words[0] == "rebalance")) {
    return shed_clients(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command cluster_rows[] = {{"cluster", cluster_usage, run_cluster}};

}  // namespace

std::span<const Command> cluster_commands() {
  return cluster_rows;
}

}  // namespace meshmq::admin
