#include "admin/audit.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace meshmq::admin {

namespace {

/// Second words of commands that change nothing.
constexpr std::array<std::string_view, 19> reading = {
    "list", "show", "match", "status", "info",  "topics",   "stats",     "metrics",  "explain", "lookup",
    "get",  "help", "log",   "verify", "check", "heal-log", "discovery", "handlers", "describe"};
/// Commands whose third word and what follows may be a password.
constexpr std::array<std::string_view, 5> with_passwords = {"admins", "user", "clientid", "mgmt", "sasl"};
/// Parts of names of keys whose values are secrets.
constexpr std::array<std::string_view, 4> secret_keys = {"password", "secret", "cookie", "token"};

template <class Items>
bool has(const Items& items, std::string_view item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

bool is_secret_pair(std::string_view word) {
  const std::string_view key = word.substr(0, word.find('='));
  return key.size() < word.size() && std::any_of(secret_keys.begin(), secret_keys.end(), [&](auto part) {
           return key.find(part) != std::string_view::npos;
         });
}

}  // namespace

Json AuditEntry::json(std::string_view node) const {
  return Json::object({{"at", at},
                       {"node", node},
                       {"who", who},
                       {"from", from},
                       {"action", action},
                       {"detail", detail},
                       {"result", result}});
}

void Audit::record(AuditEntry entry) {
  if (!settings_.on) return;
  records_.write_audit(entry.json(node_).text() + "\n");
  entries_.push_back(std::move(entry));
  while (entries_.size() > settings_.entries_max) entries_.pop_front();
}

bool only_reads(const std::vector<std::string>& words) {
  if (words.size() < 2) return true;
  // `log handlers set-level`, `log primary-level <Level>`, `cluster evacuate start`
  if (words[0] == "log") return (words[1] == "primary-level" && words.size() == 2) || words.back() == "list";
  if (words[0] == "vm") return true;
  if (words[0] == "sasl") return words.size() > 2 && has(reading, words[2]);
  if (words[0] == "cluster" && words.size() > 2 && words[2] == "status") return true;
  if (words[0] == "retainer" && words[1] == "clean") return false;
  return has(reading, words[1]) || words[1].starts_with("explain-");
}

std::string without_secrets(const std::vector<std::string>& words) {
  const bool passwords = !words.empty() && has(with_passwords, words[0]);
  const std::size_t shown = words.empty() || words[0] != "sasl" ? 3 : 4;
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool hidden = (passwords && i >= shown) || is_secret_pair(words[i]);
    if (i > 0) text += ' ';
    text += !hidden                                   ? words[i]
            : words[i].find('=') == std::string::npos ? std::string("***")
                                                      : words[i].substr(0, words[i].find('=') + 1) + "***";
  }
  return text;
}

}  // namespace meshmq::admin
