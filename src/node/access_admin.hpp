#pragma once
// What operators decide about access: the rules of acl_file, and the tables that all nodes have.

#include <cstdint>
#include <string>

#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/access_policy.hpp"
#include "node/access_tables.hpp"
#include "node/api_accounts.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Workers hear of what has changed at the end of the turn. Thread rule: one owner.
class AccessAdmin {
 public:
  /// `seed` is a secret.
  AccessAdmin(const Config& config, SharedTables& shared, SharedWriter& writer, ControlPorts& ports,
              std::uint64_t seed)
      : config_(config), ports_(ports), tables_(shared, writer), accounts_(shared, writer), seed_(seed) {}

  /// Those of acl_file, of this node only.
  void set_file_rules(broker::AclRulesPtr rules);
  AccessTables& tables() { return tables_; }
  const AccessTables& tables() const { return tables_; }
  /// Who may use the management API.
  ApiAccounts& accounts() { return accounts_; }
  const Config& config() const { return config_; }
  /// For one password: never the same, and nobody can guess the next.
  std::string salt();
  /// Bans a client that comes and goes all the time.
  void handle(const ClientFlapping& m, const Logger& log, Now now);
  void end_of_turn();

 private:
  void tell_rules();

  const Config& config_;
  ControlPorts& ports_;
  AccessTables tables_;
  ApiAccounts accounts_;
  broker::AccessPolicy policy_;
  bool policy_changed_ = false;
  const std::uint64_t seed_;
  std::uint64_t last_salt_ = 0;
};

}  // namespace meshmq::node
