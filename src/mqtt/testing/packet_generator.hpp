#pragma once
// Random valid packets from a seed. Linked into tests only.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::mqtt::testing {

/// Makes packets that are valid for one version and reader. What a packet borrows lives until the next
/// make().
class PacketGenerator {
 public:
  explicit PacketGenerator(std::uint64_t seed) : random_(seed) {}

  Packet make(PacketType type, Version version, Role reader);
  /// A PUBLISH of MQTT 5 as bytes, with its properties in any order. `forwardable` becomes what should travel
  /// on.
  std::string publish_with_shuffled_properties(std::string& forwardable);

  Random& random() { return random_; }

 private:
  Connect connect();
  Will will();
  Connack connack();
  Publish publish();
  Ack ack(PacketType type);
  Subscribe subscribe();
  Unsubscribe unsubscribe();
  Disconnect disconnect();
  Auth auth();

  bool chance() { return random_.percent(50); }
  bool v5_chance() { return version_ == Version::v5 && chance(); }
  std::string_view keep(std::string text);
  std::string_view text();
  std::string_view binary();
  std::string_view topic();
  std::string_view forwardable();
  std::vector<std::string> forwardable_list();
  UserProperties user_properties();
  PacketId packet_id() { return static_cast<PacketId>(1 + random_.below(65535)); }
  std::uint32_t number() { return static_cast<std::uint32_t>(random_.next() >> random_.below(64)); }
  std::uint16_t number16() { return static_cast<std::uint16_t>(number()); }
  QoS qos() { return static_cast<QoS>(random_.below(3)); }
  ReasonCode reason(PacketType type);
  std::span<const ReasonCode> codes(PacketType type);

  Random random_;
  Version version_ = Version::v5;
  Role reader_ = Role::server;
  std::deque<std::string> kept_;
  std::vector<Subscription> subscriptions_;
  std::vector<std::string_view> filters_;
  std::vector<ReasonCode> codes_;
  std::vector<std::uint32_t> subscription_ids_;
};

/// Every packet type that exists in the version and may be read by `reader`.
std::vector<PacketType> types_read_by(Role reader, Version version);

}  // namespace meshmq::mqtt::testing
