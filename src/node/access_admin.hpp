#pragma once
// What operators decide about access.

#include "broker/access_policy.hpp"
#include "node/config.hpp"
#include "node/ports.hpp"

namespace meshmq::node {

/// Thread rule: one owner.
class AccessAdmin {
 public:
  AccessAdmin(const Config& config, ControlPorts& ports) : config_(config), ports_(ports) {}

  /// Those of acl_file, of this node only.
  void set_file_rules(broker::AclRulesPtr rules);

 private:
  void tell_workers();

  const Config& config_;
  ControlPorts& ports_;
  broker::AccessPolicy policy_;
};

}  // namespace meshmq::node
