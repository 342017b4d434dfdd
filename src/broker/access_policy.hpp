#pragma once
// What the node says to its workers about access.

#include "broker/acl_rule.hpp"

namespace meshmq::broker {

/// What holds for all clients of a node. A worker gets a new one whenever something has changed.
struct AccessPolicy {
  AclRulesPtr everybody{};  ///< of the database, for `$all`
  AclRulesPtr file{};       ///< acl_file: asked last
};

}  // namespace meshmq::broker
