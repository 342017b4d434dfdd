#include "broker/access.hpp"

#include <algorithm>
#include <utility>

#include "front/peer_address.hpp"

namespace meshmq::broker {

std::string address_of(std::string_view peername) {
  if (peername.starts_with("unix:")) return {"\x7F\0\0\1", 4};
  return front::parse_address(peername.substr(0, peername.rfind(':'))).value_or(std::string());
}

void Access::set(AccessPolicy policy) {
  policy_ = std::move(policy);
  ++generation_;
  shared_.clear();
  layers_.clear();
  for (const AclRulesPtr& rules : {policy_.everybody, policy_.file}) {
    if (!rules) continue;
    Layer layer{rules, {}};
    for (const AclRule& rule : *rules) {
      layer.personal.push_back(std::any_of(rule.topics.begin(), rule.topics.end(), has_placeholder));
    }
    layers_.push_back(std::move(layer));
  }
}

void Access::set_rules(RulesFor whom, std::string_view name, AclRulesPtr rules) {
  RulesByName& all = whom == RulesFor::client_id ? by_client_id_ : by_username_;
  if (rules) {
    all.insert_or_assign(std::string(name), std::move(rules));
  } else if (const auto it = all.find(name); it != all.end()) {
    all.erase(it);
  }
  ++generation_;
}

AclRulesPtr Access::find(const RulesByName& rules, std::string_view name) {
  const auto it = rules.find(name);
  return it == rules.end() ? nullptr : it->second;
}

bool Access::may_leave_will(const Channel& channel, std::string_view client_id, std::string_view username,
                            std::string_view topic) {
  if (!channel.zone->enable_acl) return true;
  ++metrics_.client_check_acl;
  const std::string address = address_of(channel.peer->name);
  return count(make(*channel.zone, {client_id, username, address})->may_publish(topic));
}

void Access::renew(Channel& channel) {
  const Session& session = *channel.session;
  const std::string address = address_of(session.peername);
  channel.acl = make(*channel.zone, {session.client_id, session.username, address});
  channel.acl_generation = generation_;
}

ClientAclPtr Access::make(const Config& zone, const AclClient& client) {
  const AclRulesPtr layers[] = {find(by_client_id_, client.client_id), find(by_username_, client.username),
                                policy_.everybody, policy_.file};
  const std::string key = layers[0] || layers[1] ? std::string() : share_key(zone, client);
  if (key.empty()) return ClientAcl::make(layers, client, zone.acl_nomatch_allow);
  if (shared_.size() >= shared_max) shared_.clear();
  ClientAclPtr& shared = shared_[key];
  if (!shared) shared = ClientAcl::make(layers, client, zone.acl_nomatch_allow);
  return shared;
}

std::string Access::share_key(const Config& zone, const AclClient& client) const {
  std::string key(1, zone.acl_nomatch_allow ? 'a' : 'd');
  for (const Layer& layer : layers_) {
    for (std::size_t i = 0; i < layer.rules->size(); ++i) {
      const bool speaks = (*layer.rules)[i].who.means(client);
      if (speaks && layer.personal[i]) return {};
      key += speaks ? '1' : '0';
    }
  }
  return key;
}

}  // namespace meshmq::broker
