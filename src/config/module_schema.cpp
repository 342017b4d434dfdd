// Keys of EMQ X's extensions: module.*

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void broker(Target& t, const Value& v) {
  assign(t.config.node.broker.*Field, v);
}
void presence_qos(Target& t, const Value& v) {
  t.config.node.broker.presence_qos = static_cast<mqtt::QoS>(v.number);
}

using B = meshmq::broker::Config;
constexpr Range qos{0, 2};

constexpr Key table[] = {
    {"module.presence", Type::flag, "on",
     "Whether clients that come and go are told of below $SYS/brokers/<node>/clients", broker<&B::presence>},
    {"module.presence.qos", Type::integer, "1", "The QoS of that", presence_qos, qos},
};

}  // namespace

std::span<const Key> module_keys() {
  return table;
}

}  // namespace meshmq::config
