#include "server/remote_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "mqtt/message.hpp"
#include "server/call_audit.hpp"
#include "topic/filter.hpp"

namespace meshmq::server {

namespace {

using erldist::Term;
using Kind = erldist::Term::Kind;

bool is(const erldist::RpcCall& call, std::string_view module, std::string_view function, std::size_t arity) {
  return call.module == module && call.function == function && call.arguments.size() == arity;
}

/// A list of strings; binaries and atoms are taken for strings too.
std::optional<std::vector<std::string>> words_of(const Term& term) {
  if (term.kind != Kind::list || term.improper) return std::nullopt;
  std::vector<std::string> words;
  for (const Term& item : term.items) {
    if (item.kind == Kind::atom) {
      words.push_back(item.text);
      continue;
    }
    auto text = erldist::text_of(item);
    if (!text) return std::nullopt;
    words.push_back(std::move(*text));
  }
  return words;
}

Term error_term(std::string_view reason) {
  return Term::tuple({Term::atom("error"), Term::binary(reason)});
}

Term atoms(const std::vector<std::string>& names) {
  std::vector<Term> items;
  for (const std::string& name : names) items.push_back(Term::atom(name));
  return Term::list(std::move(items));
}

/// The node that calls, and the user there if it says one.
std::string who_calls(const erldist::RpcCall& call, const std::vector<std::string>& options) {
  constexpr std::string_view by = "by=";
  constexpr std::size_t user_bytes_max = 256;
  const auto user = std::find_if(options.begin(), options.end(),
                                 [&](const auto& option) { return option.starts_with(by); });
  if (user == options.end()) return call.caller;
  return fmt::format("{} ({})", std::string_view(*user).substr(by.size(), user_bytes_max), call.caller);
}

}  // namespace

void RemoteCalls::call(const erldist::RpcCall& call, Now now, Done done) {
  if (is(call, "emqx_ctl", "run_command", 1) || is(call, "meshmq_ctl", "run_command", 1) ||
      is(call, "meshmq_ctl", "run_command", 2)) {
    return run_command(call, now, std::move(done));
  }
  RemoteAnswer answer;
  if (is(call, "meshmq", "publish", 3)) {
    answer.value = publish(call.arguments, now);
  } else if (is(call, "meshmq", "status", 0)) {
    answer.value = status();
  } else {
    answer.refused = true;
    answer.reason =
        fmt::format("{}:{}/{} cannot be called here", call.module, call.function, call.arguments.size());
  }
  done(std::move(answer));
}

void RemoteCalls::run_command(const erldist::RpcCall& call, Now now, Done done) {
  const auto words = words_of(call.arguments[0]);
  const auto options = call.arguments.size() == 2 ? words_of(call.arguments[1]) : std::vector<std::string>();
  if (!words || !options) {
    return done(
        {.refused = true, .output = {}, .value = {}, .reason = "the words must be a list of strings"});
  }
  const bool json = std::find(options->begin(), options->end(), "json") != options->end();
  const bool emqx = call.module == "emqx_ctl";
  const bool prints = call.arguments.size() == 1;
  const std::string who = who_calls(call, *options);
  const admin::Audit::Acting acting(audit_, {who, "command line"});
  const auto note = [this, caller = who, words = *words, now](const admin::Answer& answer) {
    audit_command(audit_, caller, words, answer, now);
  };
  commands_.run(*words, {.json = json}, now,
                [done = std::move(done), note, emqx, prints](admin::Answer answer) {
                  note(answer);
                  RemoteAnswer result;
                  const auto status = static_cast<std::int64_t>(answer.outcome);
                  if (!prints) {
                    result.value = Term::tuple({Term::of(status), Term::binary(answer.text)});
                  } else if (!emqx) {
                    result.value = Term::of(status);
                  } else if (answer.outcome == admin::Outcome::usage) {
                    result.value = Term::tuple({Term::atom("error"), Term::atom("cmd_not_found")});
                  } else {
                    result.value = Term::atom("ok");
                  }
                  if (prints) result.output = std::move(answer.text);
                  done(std::move(result));
                });
}

Term RemoteCalls::publish(const std::vector<Term>& arguments, Now now) {
  const auto topic = erldist::text_of(arguments[0]);
  const auto payload = erldist::text_of(arguments[1]);
  const Term& qos = arguments[2];
  if (!topic || !topic::is_valid_name(*topic)) return error_term("not a topic name");
  if (!payload) return error_term("the payload must be a binary or a string");
  if (qos.kind != Kind::integer || qos.integer < 0 || qos.integer > 2)
    return error_term("QoS must be 0, 1 or 2");
  control_.publish(mqtt::Message::make({.topic = *topic,
                                        .payload = *payload,
                                        .qos = static_cast<mqtt::QoS>(qos.integer),
                                        .created_at = now.wall}),
                   now);
  return Term::atom("ok");
}

Term RemoteCalls::status() const {
  const node::ClusterStatus status = control_.status();
  Term map;
  map.kind = Kind::map;
  map.items = {Term::atom("running_nodes"), atoms(status.running_nodes), Term::atom("stopped_nodes"),
               atoms(status.stopped_nodes)};
  return map;
}

}  // namespace meshmq::server
