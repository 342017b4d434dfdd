#pragma once
// acl_file: rules as Erlang terms, in EMQ X 4.3's words.

#include <string>
#include <string_view>
#include <vector>

#include "broker/acl_rule.hpp"

namespace meshmq::access {

/// `rules` is of use only if there is no error. Each error begins with its place: `etc/acl.conf:3: ...`.
struct AclFile {
  broker::AclRulesPtr rules;
  std::vector<std::string> errors;
};

///     {allow | deny, all}.
///     {allow | deny, Who, publish | subscribe | pubsub, [Topic]}.
///
///     Who    all | {user, Name} | {client, Id} | {ipaddr, "10.0.0.0/8"} | {ipaddrs, ["10.0.0.1", ...]}
///            | {'and', [Who]} | {'or', [Who]}; Name and Id: "text", all, {re, "expression"}
///     Topic  "filter", with %c and %u as whole levels, or {eq, "filter"}
///
/// `path` is for errors.
AclFile parse_acl(std::string_view text, const std::string& path);
AclFile read_acl_file(const std::string& path);

/// What holds without acl_file: EMQ X 4.3's shipped rules. Also the content of etc/acl.conf.
std::string_view default_acl();

}  // namespace meshmq::access
