#pragma once
// Writes down what operators do by commands, and which settings change.

#include <string>
#include <utility>
#include <vector>

#include "admin/answer.hpp"
#include "admin/audit.hpp"
#include "base/time.hpp"
#include "node/shared_settings.hpp"
#include "server/conf_keeper.hpp"

namespace meshmq::server {

/// Nothing if the words only look at something. `caller` is the Erlang node that asked.
inline void audit_command(admin::Audit& audit, const std::string& caller,
                          const std::vector<std::string>& words, const admin::Answer& answer, Now now) {
  if (!audit.on() || admin::only_reads(words) || answer.outcome == admin::Outcome::usage) return;
  std::string result = answer.outcome == admin::Outcome::done ? "ok" : answer.text;
  while (result.ends_with('\n')) result.pop_back();
  audit.record({.at = now.wall,
                .who = caller,
                .from = "command line",
                .action = words[0] + " " + words[1],
                .detail = admin::without_secrets(words),
                .result = std::move(result)});
}

/// Beside the command or call that did it, whose outcome says nothing of what was there before.
inline void audit_setting(admin::Audit& audit, const admin::Author& author, const SettingChange& change,
                          Now now) {
  audit.record({.at = now.wall,
                .who = author.who,
                .from = author.from,
                .action = "setting " + change.key,
                .detail = change.before + " -> " + change.after + " (" + change.origin + ")",
                .result = change.now ? "ok" : "after a restart"});
}

/// As the audit of `here` names whoever has set something for all nodes.
inline admin::Author author_here(node::SettingAuthor author, const std::string& here) {
  if (author.who.empty()) return {"cluster", "conf set --cluster"};
  if (author.node != here) author.from += " at " + author.node;
  return {std::move(author.who), std::move(author.from)};
}

}  // namespace meshmq::server
