#include <algorithm>

#include "admin/command.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine listener_usage[] = {
    {"listeners", "List listeners"},
    {"listeners start   <Identifier>", "Start a listener"},
    {"listeners stop    <Identifier>", "Stop a listener"},
    {"listeners stop    <Proto> <Port>", "Stop a listener"},
    {"listeners restart <Identifier>", "Restart a listener"},
    {"listeners reload", "Read all certificates again"},
};

void list(const Desk& desk, const Call& call) {
  const std::vector<ListenerInfo> listeners = desk.host.listeners();
  std::string text;
  for (const ListenerInfo& listener : listeners) text += format_listener(listener);
  call.answer(text, Json::array(listeners, listener_json));
}

std::string address_of(const Desk& desk, const std::string& id) {
  for (const ListenerInfo& listener : desk.host.listeners()) {
    if (listener.id == id) return listener.listen_on;
  }
  return {};
}

void stop(Desk& desk, const Call& call, const std::string& id) {
  const std::string address = address_of(desk, id);
  const auto stopped = desk.host.stop_listener(id);
  if (stopped) return call.answer("Stop " + id + " listener on " + address + " successfully.\n", Json("ok"));
  if (stopped.error().code == Errc::not_found) return call.refuse("No such listener " + id);
  call.refuse("Failed to stop " + id + " listener on " + address + ": " + stopped.error().message);
}

/// `tcp 1883`: the listener of that protocol on that port or address; the port itself if there is none.
std::string find(const Desk& desk, const std::string& protocol, const std::string& where) {
  for (const ListenerInfo& listener : desk.host.listeners()) {
    if (!listener.id.starts_with("mqtt:" + protocol + ":")) continue;
    if (listener.listen_on == where || listener.listen_on.ends_with(":" + where)) return listener.id;
  }
  return where;
}

void start(Desk& desk, const Call& call, const std::string& id) {
  const auto started = desk.host.start_listener(id);
  if (started) return call.answer("Started " + id + " listener successfully.\n", Json("ok"));
  if (started.error().code == Errc::not_found) return call.refuse("No such listener " + id);
  call.refuse("Failed to start " + id + " listener: " + started.error().message);
}

void restart(Desk& desk, const Call& call, const std::string& id) {
  const auto restarted = desk.host.restart_listener(id);
  if (restarted) return call.answer("Restarted " + id + " listener successfully.\n", Json("ok"));
  if (restarted.error().code == Errc::not_found) return call.refuse("No such listener " + id);
  call.refuse("Failed to restart " + id + " listener: " + restarted.error().message);
}

void reload(Desk& desk, const Call& call) {
  const std::vector<CertificateReload> results = desk.host.reload_certificates();
  std::string text;
  bool all = true;
  for (const auto& [id, result] : results) {
    all = all && result.has_value();
    text +=
        result ? "Reloaded the certificates of " + id + " listener successfully.\n"
               : "Failed to reload the certificates of " + id + " listener: " + result.error().message + "\n";
  }
  if (!all) {
    text.pop_back();
    return call.refuse(text);
  }
  call.answer(results.empty() ? "No listener has certificates\n" : text, Json("ok"));
}

bool run_listener(Desk& desk, const Call& call) {
  if (call.words.empty()) {
    list(desk, call);
  } else if (call.is("stop", 1)) {
    stop(desk, call, call.words[1]);
  } else if (call.is("stop", 2)) {
    stop(desk, call, find(desk, call.words[1], call.words[2]));
  } else if (call.is("start", 1)) {
    start(desk, call, call.words[1]);
  } else if (call.is("restart", 1)) {
    restart(desk, call, call.words[1]);
  } else if (call.is("reload", 0)) {
    reload(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command listener_rows[] = {{"listeners", listener_usage, run_listener}};

}  // namespace

std::span<const Command> listener_commands() {
  return listener_rows;
}

}  // namespace meshmq::admin
