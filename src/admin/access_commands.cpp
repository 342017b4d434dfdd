#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "admin/command.hpp"
#include "node/access_admin.hpp"
#include "topic/filter.hpp"

namespace meshmq::admin {

namespace {

using broker::AclAction;
using node::BanRow;
using node::RuleKey;
using node::RuleRow;
using node::Subject;
using node::SubjectKind;

constexpr UsageLine acl_usage[] = {
    {"acl list clientid", "List clientid acls"},
    {"acl list username", "List username acls"},
    {"acl list _all", "List $all acls"},
    {"acl show clientid <Clientid>", "Lookup clientid acl detail"},
    {"acl show username <Username>", "Lookup username acl detail"},
    {"acl add clientid <Clientid> <Topic> <Action> <Access>", "Add clientid acl"},
    {"acl add username <Username> <Topic> <Action> <Access>", "Add username acl"},
    {"acl add _all <Topic> <Action> <Access>", "Add $all acl"},
    {"acl del clientid <Clientid> <Topic>", "Delete clientid acl"},
    {"acl del username <Username> <Topic>", "Delete username acl"},
    {"acl del _all <Topic>", "Delete $all acl"},
    {"acl reload", "Read the rules of acl_file again"},
    {"acl cache-clean all", "Clears acl cache on all nodes"},
    {"acl cache-clean node <Node>", "Clears acl cache on given node"},
    {"acl cache-clean <ClientId>", "Clears acl cache for given client"},
};
constexpr UsageLine banned_usage[] = {
    {"banned list", "List the bans"},
    {"banned add <As> <Who> [<Seconds> [<Reason>]]",
     "Keep out a clientid, username or peerhost; 0 seconds: for ever"},
    {"banned del <As> <Who>", "Let in again"},
};

/// What a name is of: `clientid ann`.
std::optional<SubjectKind> kind_of(std::string_view word) {
  for (const SubjectKind kind :
       {SubjectKind::everybody, SubjectKind::client_id, SubjectKind::username, SubjectKind::peerhost}) {
    if (word == to_string(kind)) return kind;
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- acl: rules of acl_file

void reload_acl(Desk& desk, const Call& call) {
  const auto loaded = desk.host.reload_acl();
  if (!loaded) return call.refuse(loaded.error().message);
  call.answer(fmt::format("{} rules hold now\n", *loaded), Json::object({{"rules", *loaded}}));
}

/// There is no cache: rules hold at once. The words of EMQ X's scripts are answered as there.
bool clean_cache(const Call& call) {
  if (call.is("cache-clean", 1)) {
    const bool all = call.words[1] == "all";
    call.answer(all ? "Started ACL cache drain in all nodes\n" : "", Json("ok"));
  } else if (call.is("cache-clean", 2) && call.words[1] == "node") {
    call.answer(fmt::format("ACL cache drain started on node {}.\n", call.words[2]), Json("ok"));
  } else {
    return false;
  }
  return true;
}

// ---------------------------------------------------------------- acl: rules of the tables

using Rules = std::vector<std::pair<RuleKey, RuleRow>>;

/// Names as an Erlang node prints its binaries.
std::string format_rule(const RuleKey& key, const RuleRow& row) {
  const auto& [kind, name] = key.subject;
  const std::string who =
      kind == SubjectKind::everybody ? "$all" : fmt::format("{} = <<\"{}\">>", to_string(kind), name);
  return fmt::format("Acl({} topic = <<\"{}\">> action = {} access = {})\n", who, key.topic,
                     action_word(row.action), row.allow ? "allow" : "deny");
}

Json rule_json(const std::pair<RuleKey, RuleRow>& rule) {
  const auto& [key, row] = rule;
  const bool all = key.subject.kind == SubjectKind::everybody;
  return Json::object(
      {{all ? "all" : std::string(to_string(key.subject.kind)), all ? Json(true) : Json(key.subject.name)},
       {"topic", key.topic},
       {"action", std::string(action_word(row.action))},
       {"access", row.allow ? "allow" : "deny"}});
}

void answer_rules(const Call& call, const Rules& rules) {
  std::string text;
  for (const auto& [key, row] : rules) text += format_rule(key, row);
  call.answer(text, Json::array(rules, rule_json));
}

bool list_rules(Desk& desk, const Call& call) {
  Rules found;
  for (const SubjectKind kind : {SubjectKind::client_id, SubjectKind::username, SubjectKind::everybody}) {
    if (call.words.size() > 1 && kind_of(call.words[1]) != kind) continue;
    const Rules rules = desk.control.access().tables().rules(kind);
    found.insert(found.end(), rules.begin(), rules.end());
  }
  answer_rules(call, found);
  return true;
}

bool show_rules(Desk& desk, const Call& call, SubjectKind kind) {
  Rules rules = desk.control.access().tables().rules(kind);
  std::erase_if(rules, [&](const auto& rule) { return rule.first.subject.name != call.words[2]; });
  answer_rules(call, rules);
  return true;
}

/// `words`: topic, action, access.
bool add_rule(Desk& desk, const Call& call, const Subject& subject, std::span<const std::string> words) {
  const auto action = action_of(words[1]);
  const bool legal = action && (words[2] == "allow" || words[2] == "deny") &&
                     topic::is_valid_filter(words[0]) &&
                     subject.name.empty() == (subject.kind == SubjectKind::everybody);
  if (!legal) {
    call.refuse("Error: Input is illegal");
    return true;
  }
  desk.control.access().tables().put_rule(
      subject, words[0], {.created_at = call.now.wall, .action = *action, .allow = words[2] == "allow"},
      call.now);
  call.answer("ok\n", Json("ok"));
  return true;
}

bool delete_rule(Desk& desk, const Call& call, const Subject& subject, const std::string& topic) {
  desk.control.access().tables().remove_rule(subject, topic, call.now);
  call.answer("ok\n", Json("ok"));
  return true;
}

/// add and del with their subject taken off.
bool change_rule(Desk& desk, const Call& call, SubjectKind kind) {
  const std::size_t named = kind == SubjectKind::everybody ? 0 : 1;
  const std::span<const std::string> rest = std::span(call.words).subspan(2);
  const std::size_t wanted = named + (call.words[0] == "add" ? 3 : 1);
  if (rest.size() != wanted) return false;
  const Subject subject{kind, named == 1 ? rest[0] : std::string()};
  if (call.words[0] == "add") return add_rule(desk, call, subject, rest.subspan(named));
  return delete_rule(desk, call, subject, rest[named]);
}

bool run_acl(Desk& desk, const Call& call) {
  if (call.is("reload", 0)) {
    reload_acl(desk, call);
    return true;
  }
  if (call.is("list", 0)) return list_rules(desk, call);
  const auto kind = call.words.size() < 2 ? std::nullopt : kind_of(call.words[1]);
  if (!kind || kind == SubjectKind::peerhost) return clean_cache(call);
  if (call.is("list", 1)) return list_rules(desk, call);
  if (call.is("show", 2) && kind != SubjectKind::everybody) return show_rules(desk, call, *kind);
  if (call.words[0] == "add" || call.words[0] == "del") return change_rule(desk, call, *kind);
  return clean_cache(call);
}

// ---------------------------------------------------------------- banned

std::string until(const BanRow& row) {
  return row.until_s == 0 ? "infinity" : format_datetime(row.until_s * 1000);
}

void list_bans(Desk& desk, const Call& call) {
  const auto bans = desk.control.access().tables().bans(call.now);
  std::string text;
  for (const auto& [subject, row] : bans) {
    text += fmt::format("Banned({}={}, by={}, reason={}, at={}, until={})\n", to_string(subject.kind),
                        subject.name, row.by, row.reason, format_datetime(row.at_s * 1000), until(row));
  }
  call.answer(text, Json::array(bans, [](const auto& ban) {
                const auto& [subject, row] = ban;
                return Json::object({{"as", std::string(to_string(subject.kind))},
                                     {"who", subject.name},
                                     {"by", row.by},
                                     {"reason", row.reason},
                                     {"at", row.at_s},
                                     {"until", row.until_s}});
              }));
}

std::optional<Subject> banned_subject(const Call& call) {
  const auto kind = kind_of(call.words[1]);
  if (!kind || kind == SubjectKind::everybody || call.words[2].empty()) return std::nullopt;
  if (kind == SubjectKind::peerhost) return Subject::of_peerhost(call.words[2]);
  return Subject{*kind, call.words[2]};
}

void add_ban(Desk& desk, const Call& call) {
  // As EMQ X's API does by default.
  std::int64_t seconds = 300;
  const auto subject = banned_subject(call);
  const bool has_time = call.words.size() > 3;
  const std::string text = has_time ? call.words[3] : std::string("300");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t seconds_max = 100LL * 365 * 86400;
  const bool legal = subject && error == std::errc() && end == text.data() + text.size() && seconds >= 0 &&
                     seconds <= seconds_max;
  if (!legal) return call.refuse("Error: Input is illegal");
  const std::int64_t at = call.now.wall / 1000;
  desk.control.access().tables().put_ban(*subject,
                                         {.by = "user",
                                          .reason = call.words.size() > 4 ? call.words[4] : std::string(),
                                          .at_s = at,
                                          .until_s = seconds == 0 ? 0 : at + seconds},
                                         call.now);
  call.answer("ok\n", Json("ok"));
}

void delete_ban(Desk& desk, const Call& call) {
  const auto subject = banned_subject(call);
  if (!subject) return call.refuse("Error: Input is illegal");
  if (!desk.control.access().tables().remove_ban(*subject, call.now)) return call.refuse("Not Found.");
  call.answer("ok\n", Json("ok"));
}

bool run_banned(Desk& desk, const Call& call) {
  if (call.is("list", 0)) {
    list_bans(desk, call);
  } else if (call.is("add", 2) || call.is("add", 3) || call.is("add", 4)) {
    add_ban(desk, call);
  } else if (call.is("del", 2)) {
    delete_ban(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command access_rows[] = {
    {"acl", acl_usage, run_acl},
    {"banned", banned_usage, run_banned},
};

}  // namespace

std::span<const Command> access_commands() {
  return access_rows;
}

}  // namespace meshmq::admin
