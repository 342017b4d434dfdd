#pragma once
// Users, rules and bans of the whole cluster.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "broker/acl_rule.hpp"
#include "node/access_rows.hpp"
#include "node/lww_rows.hpp"
#include "node/shared_tables.hpp"
#include "node/shared_writer.hpp"

namespace meshmq::node {

/// Last-writer-wins tables that every node has, and what is looked up in them for every CONNECT. What a
/// newer version wrote and this one cannot read counts as absent. Thread rule: one owner.
class AccessTables {
 public:
  AccessTables(SharedTables& shared, SharedWriter& writer);
  AccessTables(const AccessTables&) = delete;
  AccessTables& operator=(const AccessTables&) = delete;

  // --- users
  std::optional<UserRow> user(const Subject& subject) const;
  void put_user(const Subject& subject, const UserRow& row, Now now);
  bool remove_user(const Subject& subject, Now now);
  /// In the order of names.
  std::vector<std::pair<std::string, UserRow>> users(SubjectKind kind) const;

  // --- users of SCRAM
  std::optional<ScramRow> scram_user(sasl::Digest digest, std::string_view username) const;
  void put_scram_user(sasl::Digest digest, std::string_view username, const ScramRow& row, Now now);
  bool remove_scram_user(sasl::Digest digest, std::string_view username, Now now);
  std::vector<std::pair<std::string, ScramRow>> scram_users(sasl::Digest digest) const;

  // --- rules
  void put_rule(const Subject& subject, std::string_view topic, const RuleRow& row, Now now);
  bool remove_rule(const Subject& subject, std::string_view topic, Now now);
  /// The newest first.
  std::vector<std::pair<RuleKey, RuleRow>> rules(SubjectKind kind) const;
  /// As they are asked; nullptr: there are none.
  broker::AclRulesPtr rules_of(const Subject& subject);

  // --- bans
  std::optional<BanRow> ban(const Subject& subject, Now now) const;
  void put_ban(const Subject& subject, const BanRow& row, Now now);
  bool remove_ban(const Subject& subject, Now now);
  std::vector<std::pair<Subject, BanRow>> bans(Now now) const;

  /// Whether CONNECT must be asked about at all.
  bool anybody() const { return users_.size() + bans_.size() != 0; }
  /// Whose rules have changed since the last call.
  std::set<Subject> take_changed_rules() { return std::exchange(changed_rules_, {}); }

 private:
  void rule_changed(std::string_view key, std::string_view value);

  SharedWriter& writer_;
  LwwRows users_;
  LwwRows scram_users_;
  LwwRows rules_;
  LwwRows bans_;
  /// Of each subject: its rules by topic, and how they are asked once somebody did.
  struct SubjectRules {
    std::map<std::string, RuleRow> by_topic;
    broker::AclRulesPtr asked;
  };
  std::map<Subject, SubjectRules> subjects_;
  std::set<Subject> changed_rules_;
};

}  // namespace meshmq::node
