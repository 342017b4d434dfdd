// Bytes and sequences that no proper client sends: each ends one connection and disturbs nobody.

#include <gtest/gtest.h>

#include <string>

#include "base/random.hpp"
#include "broker/broker_harness.hpp"
#include "mqtt/testing/packet_cases.hpp"
#include "mqtt/testing/packet_generator.hpp"
#include "mqtt/testing/packet_text.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::Role;
using mqtt::Version;

std::string valid_publish(Version version) {
  std::string bytes;
  mqtt::encode_packet(mqtt::Publish{.topic = "t", .payload = "x"}, version, bytes);
  return bytes;
}

TEST(Hostile, NothingBehindAFatalPacketIsActedOn) {  // [MQTT-4.13.1-1]
  for (const mqtt::testing::BadCase& bad : mqtt::testing::bad_cases()) {
    if (bad.reader != Role::server) continue;
    Harness h;
    auto& watcher = h.connect("watcher").subscribes("#").ignores();
    auto& a = h.connect("a", bad.version);
    h.router.take();
    a.sends_bytes(mqtt::testing::bytes_from(bad.bytes) + valid_publish(bad.version));
    EXPECT_TRUE(a.closed()) << bad.name;
    EXPECT_EQ(h.router.take(), "") << bad.name;
    EXPECT_EQ(watcher.receives(), "") << bad.name;
    const std::string got = a.receives();
    const bool says_why = got.find("DISCONNECT reason=") == 0;
    EXPECT_EQ(says_why, bad.version == Version::v5) << bad.name << ": " << got;
  }
}

TEST(Hostile, BadFirstPacketsAreClosed) {
  for (const mqtt::testing::BadCase& bad : mqtt::testing::bad_cases()) {
    if (bad.reader != Role::server) continue;
    Harness h;
    // Answered in the version that it asked for.
    const bool v5 =
        bad.name == "connect level 6" || bad.name == "connect 5 with a needless byte in its length";
    const Version version = v5 ? Version::v5 : bad.version;
    auto& a = h.open(version).sends_bytes(mqtt::testing::bytes_from(bad.bytes));
    EXPECT_TRUE(a.closed()) << bad.name;
    EXPECT_EQ(h.broker.stats().sessions, 0U) << bad.name;
    EXPECT_EQ(h.broker.stats().connections, 0U) << bad.name;
  }
}

TEST(Hostile, RandomBytesEndInACloseOrInWaiting) {
  Random random(42);
  for (int i = 0; i < 3000; ++i) {
    Harness h;
    const Version version = random.percent(50) ? Version::v5 : Version::v3_1_1;
    auto& a = random.percent(80) ? h.connect("a", version) : h.open(version);
    std::string bytes;
    for (std::uint64_t n = random.below(60); n > 0; --n) bytes.push_back(static_cast<char>(random.next()));
    a.sends_bytes(bytes).ignores();
    h.advance(std::chrono::seconds(20));
    if (!a.closed()) a.vanishes();
    EXPECT_EQ(h.broker.stats().connections, 0U);
  }
}

TEST(Hostile, ValidPacketsInAnyOrderAreHandled) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Version version = seed % 3 == 0 ? Version::v5 : seed % 3 == 1 ? Version::v3_1_1 : Version::v3_1;
    mqtt::testing::PacketGenerator generator(seed);
    Random& random = generator.random();
    Harness h;
    h.connect("watcher").subscribes("#", 2);
    const auto types = mqtt::testing::types_read_by(Role::server, version);
    TestClient* a = &h.connect("a", version);
    for (int i = 0; i < 200; ++i) {
      if (a->closed() || random.percent(1)) {
        if (!a->closed()) a->vanishes();
        a = random.percent(90) ? &h.connect("a", version) : &h.open(version);
      }
      a->sends(generator.make(types[random.below(types.size())], version, Role::server)).ignores();
      if (random.percent(5)) h.advance(std::chrono::seconds(random.below(40)));
      h.router.unsettled = random.percent(30);
      h.router.hold_subscribes = random.percent(30);
      h.run();
      if (random.percent(20)) h.settle_all();
    }
    h.client(ConnId(0)).ignores();
    EXPECT_GE(h.metrics().packets_received, 100U);
  }
}

TEST(Hostile, ManySubscriptionsOfOneClientEndQuickly) {
  Harness h;
  auto& a = h.connect("a");
  auto& b = h.connect("b");
  for (int i = 0; i < 20'000; ++i) a.subscribes("d/" + std::to_string(i));
  for (int i = 0; i < 20'000; i += 2) b.subscribes("d/" + std::to_string(i));
  EXPECT_EQ(h.broker.stats().subscriptions, 30'000U);
  a.ignores().vanishes();
  EXPECT_EQ(h.broker.stats().subscriptions, 10'000U);
  EXPECT_EQ(h.router.route_count(), 10'000U);
}

}  // namespace
}  // namespace meshmq::broker::testing
