#pragma once
// Who may do what: the one place where the broker asks.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/access_policy.hpp"
#include "broker/channel.hpp"
#include "broker/client_acl.hpp"
#include "broker/config.hpp"
#include "broker/metrics.hpp"

namespace meshmq::broker {

/// Decides at once, without waiting for anybody. Asked for every PUBLISH, every filter and every will; costs
/// a compare where the rules leave nothing open. Thread rule: belongs to its worker.
class Access {
 public:
  explicit Access(Metrics& metrics) : metrics_(metrics) {}

  /// Also for those who are connected.
  void set(AccessPolicy policy);
  /// nullptr: there are none.
  void set_rules(RulesFor whom, std::string_view name, AclRulesPtr rules);
  /// See AccessPolicy::ask.
  bool asks() const { return policy_.ask; }

  // --- of connected clients
  bool may_publish(Channel& channel, std::string_view topic) {
    if (!channel.zone->enable_acl) return true;
    ++metrics_.client_check_acl;
    return count(acl_of(channel).may_publish(topic));
  }
  bool may_subscribe(Channel& channel, std::string_view filter) {
    if (!channel.zone->enable_acl) return true;
    ++metrics_.client_check_acl;
    return count(acl_of(channel).may_subscribe(filter));
  }
  // --- the same for operators: not counted
  bool would_publish(Channel& channel, std::string_view topic) {
    return !channel.zone->enable_acl || acl_of(channel).may_publish(topic);
  }
  bool would_subscribe(Channel& channel, std::string_view filter) {
    return !channel.zone->enable_acl || acl_of(channel).may_subscribe(filter);
  }
  /// Of a client that connects.
  bool may_leave_will(const Channel& channel, std::string_view client_id, std::string_view username,
                      std::string_view topic);

 private:
  /// Rules of which all clients that they speak of can share the outcome.
  struct Layer {
    AclRulesPtr rules;
    std::vector<bool> personal;  ///< of each rule: holds %c or %u
  };
  static constexpr std::size_t shared_max = 1024;

  const ClientAcl& acl_of(Channel& channel) {
    if (!channel.acl || channel.acl_generation != generation_) renew(channel);
    return *channel.acl;
  }
  bool count(bool allowed) {
    ++(allowed ? metrics_.client_acl_allow : metrics_.client_acl_deny);
    return allowed;
  }
  void renew(Channel& channel);
  using RulesByName = std::map<std::string, AclRulesPtr, std::less<>>;
  static AclRulesPtr find(const RulesByName& rules, std::string_view name);
  ClientAclPtr make(const Config& zone, const AclClient& client);
  /// Which rules speak of the client, as a key; empty if one of them is personal.
  std::string share_key(const Config& zone, const AclClient& client) const;

  Metrics& metrics_;
  AccessPolicy policy_;
  std::vector<Layer> layers_;
  RulesByName by_client_id_;
  RulesByName by_username_;
  std::uint32_t generation_ = 0;
  std::unordered_map<std::string, ClientAclPtr> shared_;
};

/// The 4 or 16 bytes of an address such as `10.0.0.1:1234`. Clients of a Unix socket count as 127.0.0.1.
std::string address_of(std::string_view peername);

}  // namespace meshmq::broker
