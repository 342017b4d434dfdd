// PUBLISH from clients and its acknowledgements.

#include <gtest/gtest.h>

#include "broker/broker_harness.hpp"

namespace meshmq::broker::testing {
namespace {

using mqtt::PacketType;
using mqtt::Version;

TEST(Publish, ReachesASubscriberWithTheSmallerQosOfBoth) {
  Harness h;
  auto& alice = h.connect("alice").subscribes("a/+", 1).ignores();
  auto& bob = h.connect("bob", Version::v3_1_1);
  bob.publishes("a/x", "zero", 0).publishes("a/x", "one", 1).publishes("a/x", "two", 2);
  EXPECT_EQ(bob.receives(), lines("PUBACK id=1", "PUBREC id=2"));
  EXPECT_EQ(alice.receives(), lines("PUBLISH topic='a/x' payload='zero'",  //
                                    "PUBLISH topic='a/x' id=1 qos=1 payload='one'",
                                    "PUBLISH topic='a/x' id=2 qos=1 payload='two'"));
}

}  // namespace
}  // namespace meshmq::broker::testing
