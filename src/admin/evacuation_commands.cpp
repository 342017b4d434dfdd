// `cluster evacuate`, `cluster rebalance`.

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

using node::EvacuationStatus;
using node::Shedding;

/// 0: none was said; nothing: it is no rate.
std::optional<std::size_t> rate_of(const Call& call) {
  if (call.words.size() == 2) return 0;
  if (call.words.size() != 4 || call.words[2] != "--rate") return std::nullopt;
  const std::string& text = call.words[3];
  std::uint32_t rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size() || rate == 0) return std::nullopt;
  return rate;
}

std::string_view state_of(const EvacuationStatus& status, Shedding what) {
  if (status.what != what) return "off";
  return status.done ? "done" : "running";
}

void answer_status(const Desk& desk, const Call& call, Shedding what) {
  const EvacuationStatus status = desk.control.evacuation().status();
  const std::string_view state = state_of(status, what);
  const bool evacuation = what == Shedding::evacuation;
  std::string text = fmt::format("{} : {}\n", evacuation ? "evacuation  " : "rebalancing ", state);
  std::vector<std::pair<std::string, Json>> json = {{"state", state}};
  if (status.what == what) {
    text += fmt::format(
        "since        : {}\nrate         : {} clients per second\nsent away    : {}\nconnections  : {} of "
        "{}\n",
        format_datetime(status.begun_at), status.rate, status.sent_away, status.connections,
        status.connections_at_start);
    json.insert(json.end(), {{"begun_at", status.begun_at},
                             {"rate", status.rate},
                             {"sent_away", status.sent_away},
                             {"connections", status.connections},
                             {"connections_at_start", status.connections_at_start}});
  }
  if (status.what == what && evacuation) {
    text += fmt::format("sessions     : {} left, {} handed over\n", status.sessions, status.sessions_moved);
    json.insert(json.end(), {{"sessions", status.sessions}, {"sessions_moved", status.sessions_moved}});
  }
  std::vector<std::pair<std::string, Json>> loads;
  for (const auto& [node, connections] : status.loads) {
    text += fmt::format("at {}: {} connections\n", node, connections);
    loads.emplace_back(node, connections);
  }
  if (!loads.empty()) json.emplace_back("loads", Json::object(loads));
  call.answer(text, Json::object(json));
}

bool start(Desk& desk, const Call& call, Shedding what) {
  const auto rate = rate_of(call);
  if (!rate) return false;
  node::Evacuation& evacuation = desk.control.evacuation();
  const bool all = what == Shedding::evacuation;
  const auto begun = all ? evacuation.evacuate(*rate, call.now) : evacuation.rebalance(*rate, call.now);
  if (!begun) {
    call.refuse("Not started: " + begun.error().message);
  } else {
    answer_status(desk, call, what);
  }
  return true;
}

void stop(Desk& desk, const Call& call, Shedding what) {
  if (!desk.control.evacuation().stop(what)) {
    return call.refuse(what == Shedding::evacuation ? "This node is not being evacuated."
                                                    : "The cluster is not being rebalanced.");
  }
  answer_status(desk, call, what);
}

}  // namespace

bool shed_clients(Desk& desk, const Call& call) {
  if (call.words.size() < 2) return false;
  const Shedding what = call.words[0] == "evacuate" ? Shedding::evacuation : Shedding::rebalancing;
  if (call.words[1] == "start") return start(desk, call, what);
  if (call.words.size() != 2) return false;
  if (call.words[1] == "stop") {
    stop(desk, call, what);
  } else if (call.words[1] == "status") {
    answer_status(desk, call, what);
  } else {
    return false;
  }
  return true;
}

}  // namespace meshmq::admin
