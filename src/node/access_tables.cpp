#include "node/access_tables.hpp"

#include <algorithm>
#include <memory>
#include <tuple>

#include "node/decoded_rows.hpp"

namespace meshmq::node {

namespace {

bool newer(const std::pair<RuleKey, RuleRow>& a, const std::pair<RuleKey, RuleRow>& b) {
  if (a.second.created_at != b.second.created_at) return a.second.created_at > b.second.created_at;
  return std::tie(a.first.subject, a.first.topic) < std::tie(b.first.subject, b.first.topic);
}

}  // namespace

AccessTables::AccessTables(SharedTables& shared, SharedWriter& writer) : writer_(writer) {
  shared.add(SharedTable::users, users_);
  shared.add(SharedTable::scram_users, scram_users_);
  shared.add(SharedTable::rules, rules_);
  shared.add(SharedTable::bans, bans_);
  rules_.on_change = [this](std::string_view key, std::string_view value) { rule_changed(key, value); };
  // Everybody forgets them by himself: nothing is written.
  bans_.is_over = [](std::string_view value, WallMillis now) {
    const auto row = BanRow::decode(value);
    return row && row->over(now);
  };
}

// ---------------------------------------------------------------- users

std::optional<UserRow> AccessTables::user(const Subject& subject) const {
  return find_row<UserRow>(users_, subject.key());
}

void AccessTables::put_user(const Subject& subject, const UserRow& row, Now now) {
  writer_.write(SharedTable::users, users_, subject.key(), row.encode(), now);
}

bool AccessTables::remove_user(const Subject& subject, Now now) {
  if (users_.find(subject.key()) == nullptr) return false;
  writer_.write(SharedTable::users, users_, subject.key(), {}, now);
  return true;
}

std::vector<std::pair<std::string, UserRow>> AccessTables::users(SubjectKind kind) const {
  std::vector<std::pair<std::string, UserRow>> result;
  for_each_row<UserRow>(users_, [&](std::string_view key, UserRow row) {
    auto subject = Subject::from_key(key);
    if (subject && subject->kind == kind) result.emplace_back(std::move(subject->name), std::move(row));
  });
  return result;
}

std::optional<ScramRow> AccessTables::scram_user(sasl::Digest digest, std::string_view username) const {
  return find_row<ScramRow>(scram_users_, scram_key(digest, username));
}

void AccessTables::put_scram_user(sasl::Digest digest, std::string_view username, const ScramRow& row,
                                  Now now) {
  writer_.write(SharedTable::scram_users, scram_users_, scram_key(digest, username), row.encode(), now);
}

bool AccessTables::remove_scram_user(sasl::Digest digest, std::string_view username, Now now) {
  const std::string key = scram_key(digest, username);
  if (scram_users_.find(key) == nullptr) return false;
  writer_.write(SharedTable::scram_users, scram_users_, key, {}, now);
  return true;
}

std::vector<std::pair<std::string, ScramRow>> AccessTables::scram_users(sasl::Digest digest) const {
  std::vector<std::pair<std::string, ScramRow>> result;
  const std::string prefix = scram_key(digest, "");
  for_each_row<ScramRow>(scram_users_, [&](std::string_view key, ScramRow row) {
    if (key.starts_with(prefix)) result.emplace_back(key.substr(prefix.size()), std::move(row));
  });
  return result;
}

// ---------------------------------------------------------------- rules

void AccessTables::put_rule(const Subject& subject, std::string_view topic, const RuleRow& row, Now now) {
  writer_.write(SharedTable::rules, rules_, rule_key(subject, topic), row.encode(), now);
}

bool AccessTables::remove_rule(const Subject& subject, std::string_view topic, Now now) {
  const std::string key = rule_key(subject, topic);
  if (rules_.find(key) == nullptr) return false;
  writer_.write(SharedTable::rules, rules_, key, {}, now);
  return true;
}

void AccessTables::rule_changed(std::string_view key, std::string_view value) {
  auto rule = rule_from_key(key);
  if (!rule) return;
  changed_rules_.insert(rule->subject);
  SubjectRules& rules = subjects_[rule->subject];
  rules.asked.reset();
  if (const auto row = RuleRow::decode(value)) {
    rules.by_topic[std::move(rule->topic)] = *row;
    return;
  }
  rules.by_topic.erase(rule->topic);
  if (rules.by_topic.empty()) subjects_.erase(rule->subject);
}

broker::AclRulesPtr AccessTables::rules_of(const Subject& subject) {
  const auto it = subjects_.find(subject);
  if (it == subjects_.end()) return nullptr;
  SubjectRules& rules = it->second;
  if (rules.asked) return rules.asked;
  std::vector<std::pair<RuleKey, RuleRow>> sorted;
  for (const auto& [topic, row] : rules.by_topic) sorted.push_back({{subject, topic}, row});
  std::sort(sorted.begin(), sorted.end(), newer);
  auto made = std::make_shared<broker::AclRules>();
  for (auto& [key, row] : sorted) {
    made->push_back({.allow = row.allow, .action = row.action, .topics = {{std::move(key.topic)}}});
  }
  return rules.asked = std::move(made);
}

std::vector<std::pair<RuleKey, RuleRow>> AccessTables::rules(SubjectKind kind) const {
  std::vector<std::pair<RuleKey, RuleRow>> result;
  for (const auto& [subject, rules] : subjects_) {
    if (subject.kind != kind) continue;
    for (const auto& [topic, row] : rules.by_topic) result.push_back({{subject, topic}, row});
  }
  std::sort(result.begin(), result.end(), newer);
  return result;
}

// ---------------------------------------------------------------- bans

std::optional<BanRow> AccessTables::ban(const Subject& subject, Now now) const {
  auto row = find_row<BanRow>(bans_, subject.key());
  if (row && row->over(now.wall)) row.reset();
  return row;
}

void AccessTables::put_ban(const Subject& subject, const BanRow& row, Now now) {
  writer_.write(SharedTable::bans, bans_, subject.key(), row.encode(), now);
}

bool AccessTables::remove_ban(const Subject& subject, Now now) {
  if (!ban(subject, now)) return false;
  writer_.write(SharedTable::bans, bans_, subject.key(), {}, now);
  return true;
}

std::vector<std::pair<Subject, BanRow>> AccessTables::bans(Now now) const {
  std::vector<std::pair<Subject, BanRow>> result;
  for_each_row<BanRow>(bans_, [&](std::string_view key, BanRow row) {
    auto subject = Subject::from_key(key);
    if (subject && !row.over(now.wall)) result.emplace_back(*std::move(subject), std::move(row));
  });
  return result;
}

}  // namespace meshmq::node
