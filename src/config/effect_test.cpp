#include "config/effect.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/schema.hpp"

namespace meshmq::config {
namespace {

TEST(Effect, IsOfAKeyAndOfItsInstances) {
  EXPECT_EQ(effect_of("zone.*.max_inflight"), Effect::new_clients);
  EXPECT_EQ(effect_of("zone.internal.max_inflight"), Effect::new_clients);
  EXPECT_EQ(effect_of("listener.ssl.external.max_connections"), Effect::at_once);
  EXPECT_EQ(effect_of("listener.ssl.external.certfile"), Effect::restart);
  EXPECT_EQ(effect_of("log.level"), Effect::at_once);
  EXPECT_EQ(effect_of("log.file"), Effect::restart);
  EXPECT_EQ(effect_of("node.cookie"), Effect::file_only);
}

TEST(Effect, OfAListenerIsThatOfItsOwnKeyNotOfItsAddress) {
  EXPECT_EQ(effect_of("listener.tcp.external"), Effect::restart);
  EXPECT_EQ(effect_of("listener.tcp.external.max_conn_rate"), Effect::at_once);
}

TEST(Secrets, AreKeysThatNobodyIsShown) {
  for (const char* key : {"node.cookie", "auth.user.1.password", "listener.ssl.external.key_password",
                          "management.default_application.secret", "cluster.etcd.password"})
    EXPECT_TRUE(is_secret(key)) << key;
  EXPECT_FALSE(is_secret("auth.mnesia.password_hash"));
  EXPECT_FALSE(is_secret("node.name"));
}

TEST(Effect, HasNoRuleForAKeyThatIsNot) {
  EXPECT_EQ(rule_without_key(), "");
}

TEST(Words, AreThoseOfTheKey) {
  EXPECT_EQ(group_of("allow_anonymous"), "access");
  EXPECT_EQ(scope_of("zone.external.max_inflight"), "zone");
  EXPECT_EQ(scope_of("listener.tcp.external"), "listener");
  EXPECT_EQ(scope_of("mqtt.max_packet_size"), "node");
  EXPECT_EQ(units_of(Type::percent), "%");
}

}  // namespace
}  // namespace meshmq::config
