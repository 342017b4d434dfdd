#include <fmt/format.h>

#include "admin/command.hpp"
#include "admin/status_format.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine usage[] = {
    {"cluster join <Node>", "Join the cluster"},
    {"cluster leave", "Leave the cluster"},
    {"cluster force-leave <Node>", "Force the node leave from cluster"},
    {"cluster status", "Cluster status"},
    {"cluster discovery", "What discovery found, and what was done with it"},
};

/// A name without @ is one on this node's host.
std::string complete(const Desk& desk, const std::string& node) {
  return node.find('@') == std::string::npos ? node + desk.name.substr(desk.name.find('@')) : node;
}

void answer_status(const Desk& desk, const Call& call, const std::string& before) {
  const node::ClusterStatus status = desk.control.status();
  call.answer(before + format_status(status),
              Json::object({{"running_nodes", Json::strings(status.running_nodes)},
                            {"stopped_nodes", Json::strings(status.stopped_nodes)}}));
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

bool run(Desk& desk, const Call& call) {
  if (call.is("join", 1)) {
    join(desk, call, complete(desk, call.words[1]));
  } else if (call.is("leave", 0)) {
    leave(desk, call);
  } else if (call.is("force-leave", 1)) {
    force_leave(desk, call, complete(desk, call.words[1]));
  } else if (call.is("status", 0)) {
    answer_status(desk, call, {});
  } else if (call.is("discovery", 0)) {
    answer_discovery(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command commands[] = {{"cluster", usage, run}};

}  // namespace

std::span<const Command> cluster_commands() {
  return commands;
}

}  // namespace meshmq::admin
