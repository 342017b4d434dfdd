// Keys of EMQ X's extensions: module.*

#include <algorithm>

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void broker(Target& t, const Value& v) {
  assign(t.config.node.broker.*Field, v);
}
void delayed_max(Target& t, const Value& v) {
  assign(t.config.node.delayed_max, v);
}
template <auto Rules>
void rule(Target& t, const Value& v) {
  (t.config.modules.*Rules).push_back(v.text);
}
void rule_of_both(Target& t, const Value& v) {
  rule<&Modules::publish_rules>(t, v);
  rule<&Modules::subscribe_rules>(t, v);
}
/// Of this number; made when its first key comes, in the order of their numbers.
broker::AutoSubscription& subscription(Target& t) {
  auto& all = t.config.modules.subscriptions;
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == t.name; });
  return known != all.end() ? known->second : all.emplace_back(t.name, broker::AutoSubscription{}).second;
}
void subscription_topic(Target& t, const Value& v) {
  subscription(t).filter = v.text;
}
void subscription_qos(Target& t, const Value& v) {
  subscription(t).qos = static_cast<mqtt::QoS>(v.number);
}
void subscription_nl(Target& t, const Value& v) {
  subscription(t).no_local = v.number != 0;
}
void subscription_rap(Target& t, const Value& v) {
  subscription(t).retain_as_published = v.number != 0;
}
void subscription_rh(Target& t, const Value& v) {
  subscription(t).retain_handling = static_cast<mqtt::RetainHandling>(v.number);
}
void presence_qos(Target& t, const Value& v) {
  t.config.node.broker.presence_qos = static_cast<mqtt::QoS>(v.number);
}

using B = meshmq::broker::Config;
constexpr Range qos{0, 2};
constexpr Range bit{0, 1};

constexpr Key module_table[] = {
    {"module.presence", Type::flag, "on",
     "Whether clients that come and go are told of below $SYS/brokers/<node>/clients", broker<&B::presence>},
    {"module.presence.qos", Type::integer, "1", "The QoS of that", presence_qos, qos},
    {"module.delayed", Type::flag, "on",
     "Whether what is published to $delayed/<seconds>/<topic> is published there later", broker<&B::delayed>},
    {"module.delayed.max_delayed_messages",
     Type::integer,
     "100000",
     "Delayed messages in the cluster; 0: no limit",
     delayed_max,
     {0, UINT32_MAX}},
    {"module.rewrite.rule.*", Type::rewrite_rule, "",
     "Topics and filters that others are put in place of: <filter> <regular expression> <target>",
     rule_of_both},
    {"module.rewrite.pub.rule.*", Type::rewrite_rule, "", "The same, only of what is published",
     rule<&Modules::publish_rules>},
    {"module.rewrite.sub.rule.*", Type::rewrite_rule, "", "The same, only of subscriptions",
     rule<&Modules::subscribe_rules>},
    {"module.subscription.*.topic", Type::topic_filter, "",
     "A filter that every client is subscribed to; %c is its id, %u its user name", subscription_topic},
    {"module.subscription.*.qos", Type::integer, "", "Its QoS, 0 if not set", subscription_qos, qos},
    {"module.subscription.*.nl", Type::integer, "", "1: not for what the client itself publishes",
     subscription_nl, bit},
    {"module.subscription.*.rap", Type::integer, "", "1: retain flags stay as they were published",
     subscription_rap, bit},
    {"module.subscription.*.rh", Type::integer, "",
     "Retained messages: 0 at every connection, 1 only for a new subscription, 2 never", subscription_rh,
     qos},
};

}  // namespace

std::span<const Key> module_keys() {
  return module_table;
}

}  // namespace meshmq::config
