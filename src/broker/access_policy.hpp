#pragma once
// What the node says to its workers about access.

#include <cstdint>

#include "broker/acl_rule.hpp"

namespace meshmq::broker {

/// Of whom rules of the database speak that are not for everybody.
enum class RulesFor : std::uint8_t { client_id, username };

/// What holds for all clients of a node. A worker gets a new one whenever something has changed.
struct AccessPolicy {
  bool ask = false;         ///< the node decides who comes in: there are users or bans
  AclRulesPtr everybody{};  ///< of the database, for `$all`
  AclRulesPtr file{};       ///< acl_file: asked last
};

}  // namespace meshmq::broker
