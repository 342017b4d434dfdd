#pragma once
// Sessions that hurry from node to node while messages come at full speed.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/client.hpp"
#include "sim/process.hpp"
#include "sim/scenario.hpp"

namespace meshmq::sim {

/// Nothing goes wrong here but that clients go on, often on the heels of CONNACK. Must hold:
/// - [MQTT-4.6.0-6] Whoever is subscribed gets the messages of a topic and publisher in the order in which
/// they were
///   published, as if all were one node.
/// - It gets all of them.
class Order final : public Scenario {
 public:
  Order(std::uint64_t seed, bool verbose);
  ~Order() override;

  Outcome run();

 private:
  struct Traveller {
    std::shared_ptr<SimClient> client;
    std::uint64_t hurry_us = 0;  ///< stays no longer anywhere
    MessageId last = 0;
    std::set<MessageId> got{};
  };

  void build();
  void received(const SimClient& client, MessageId message);
  void publish();
  void travel(Traveller& traveller);
  void check_all_have_come();

  std::vector<Traveller> travellers_;
  std::shared_ptr<SimClient> publisher_;
  std::uint64_t pace_us_ = 0;  ///< between two messages, at most
  mqtt::QoS qos_{};            ///< of all messages: between those of different ones no order is promised
  MessageId last_message_ = 0;
  MessageId acknowledged_ = 0;
  bool over_ = false;
};

}  // namespace meshmq::sim
