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
  const AclRulesPtr layers[] = {policy_.everybody, policy_.file};
  const std::string key = share_key(zone, client);
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
