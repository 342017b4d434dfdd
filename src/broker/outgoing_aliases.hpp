#pragma once
// Short names for topics on their way to one client ([MQTT5 3.3.2.3.4]).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"

namespace meshmq::broker {

/// Gives aliases to topics as they come. When all are taken, a new topic gets that of one that was not sent
/// for a while, found by a hand that goes round and passes over those used since its last visit; so a
/// thousand topics that are sent once do not take the names of ten that repeat. Lives as long as its
/// connection. Limits: min(Topic Alias Maximum, mqtt.max_topic_alias_broker) aliases; longer topics than
/// `topic_bytes_max` have none.
class OutgoingAliases {
 public:
  static constexpr std::size_t topic_bytes_max = 1024;

  /// `seed` keys the hash: publishers choose topics.
  OutgoingAliases(std::uint16_t count_max, std::uint64_t seed)
      : topics_(0, Hash{seed}), count_max_(count_max) {}

  struct Use {
    std::uint16_t alias = 0;  ///< 0: none
    bool known = false;       ///< the client has been told: the topic need not be sent
  };
  /// For a packet that is sent now. If it is not after all, forget() what was not known.
  Use use(std::string_view topic);
  void forget(std::uint16_t alias);

 private:
  struct Hash {
    using is_transparent = void;
    std::uint64_t seed;
    std::size_t operator()(std::string_view topic) const { return hash_bytes(topic, seed); }
  };
  using Topics = std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>>;
  struct Slot {
    std::string_view topic;  ///< a key of topics_; empty: free
    bool used = false;       ///< since the hand was here
  };

  Use give(std::uint16_t index, std::string_view topic);

  Topics topics_;            ///< -> index of its slot
  std::vector<Slot> slots_;  ///< alias - 1
  std::uint16_t count_max_;
  std::uint16_t hand_ = 0;
};

}  // namespace meshmq::broker
