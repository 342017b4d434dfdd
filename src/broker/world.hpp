#pragma once
// What the handlers of one broker share.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/random.hpp"
#include "broker/access.hpp"
#include "broker/ack_queue.hpp"
#include "broker/channel_table.hpp"
#include "broker/config.hpp"
#include "broker/delivery.hpp"
#include "broker/dispatcher.hpp"
#include "broker/flapping.hpp"
#include "broker/metrics.hpp"
#include "broker/observation.hpp"
#include "broker/packet_sender.hpp"
#include "broker/ports.hpp"
#include "broker/session_registry.hpp"
#include "broker/shared_dispatch.hpp"
#include "broker/shared_groups.hpp"
#include "broker/subscription_table.hpp"
#include "broker/timer_wheel.hpp"
#include "broker/zone_history.hpp"

namespace meshmq::broker {

/// State and ways out; the handlers (connecting, publishing, ...) hold the rules. Thread rule: one owner.
struct World {
  World(const Config& config_of_node, WorkerIndex index, Output& out, Router& node, Logger logger,
        std::uint64_t seed)
      : config(config_of_node),
        zones(config),
        self(index),
        output(out),
        router(node),
        log(logger),
        random(seed),
        observation(logger, config.slow_subscribers),
        sessions(random.next()),
        subscriptions(random.next()),
        access(metrics),
        sender(config, output, metrics),
        delivery(config, output, metrics, observation),
        dispatcher(subscriptions, delivery, metrics, observation),
        groups(random.next()),
        shared(config, groups, delivery, metrics, observation, router, random.next()),
        last_message_id(random.next()) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// What is marked "node" there is read here, the rest through channels and sessions.
  Config config;
  ZoneHistory zones;
  const WorkerIndex self;
  Output& output;
  Router& router;
  const Logger log;
  Random random;
  Metrics metrics;
  Observation observation;
  bool turns_away = false;  ///< nobody new may connect
  ChannelTable channels;
  TimerWheel timers;
  SessionRegistry sessions;
  SubscriptionTable subscriptions;
  Access access;
  PacketSender sender;
  Delivery delivery;
  Dispatcher dispatcher;
  SharedGroups groups;
  SharedDispatch shared;
  Flapping flapping{config.flapping};
  std::size_t connected_count = 0;
  std::size_t subscribes_pending = 0;  ///< whose routes may not be known yet

  /// Unique in the cluster: two brokers' random beginnings lie far apart.
  std::uint64_t next_message_id() {
    if (++last_message_id == 0) ++last_message_id;
    return last_message_id;
  }
  std::uint64_t last_message_id = 0;
};

/// Why a connection cannot go on. The text is for the log; a literal.
struct Fatal {
  mqtt::ReasonCode reason = mqtt::ReasonCode::protocol_error;
  std::string_view text;
  CloseReason close = CloseReason::protocol_error;
};
/// What a packet's handler says: nothing, or why the connection ends here.
using Verdict = std::optional<Fatal>;

}  // namespace meshmq::broker
