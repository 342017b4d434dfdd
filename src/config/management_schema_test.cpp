#include <gtest/gtest.h>

#include "config/load.hpp"

namespace meshmq::config {
namespace {

Loaded with(std::vector<std::string> arguments) {
  return load({.file = {}, .environment = {}, .arguments = std::move(arguments)});
}

TEST(Management, IsOnThisMachineUnlessItIsSaid) {
  const Management management = with({}).config.management;
  EXPECT_TRUE(management.dashboard.on);
  EXPECT_EQ(management.dashboard.host, "127.0.0.1");
  EXPECT_EQ(management.dashboard.port, 18083);
  EXPECT_FALSE(management.api.on);
  EXPECT_EQ(management.application_id, "admin");
  EXPECT_EQ(management.application_secret, default_application_secret);
}

TEST(Management, IsWhereItIsSaid) {
  EXPECT_FALSE(with({"listener.tcp.external=1883"}).config.management.dashboard.on);
  EXPECT_FALSE(with({"dashboard.listener.http="}).config.management.dashboard.on);
  const Loaded loaded = with({"management.listener.http=8081", "management.default_application.secret=s"});
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_TRUE(loaded.config.management.dashboard.on);
  EXPECT_EQ(loaded.config.management.api.host, "0.0.0.0");
  EXPECT_EQ(loaded.config.management.api.port, 8081);
}

TEST(Management, HttpsHasKeysOfItsOwn) {
  const Loaded loaded =
      with({"dashboard.listener.https=127.0.0.1:18084", "dashboard.listener.https.certfile=c.pem",
            "dashboard.listener.https.tls_versions=tlsv1.3", "management.listener.https=[::1]:0",
            "management.listener.https.verify=verify_peer", "dashboard.pages=off"});
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors.front();
  const Management& management = loaded.config.management;
  EXPECT_TRUE(management.dashboard_tls.on);
  EXPECT_EQ(management.dashboard_tls.port, 18084);
  EXPECT_EQ(management.dashboard_tls.connections_max, 512U);
  EXPECT_EQ(management.dashboard_tls.tls.certificate.certfile, "c.pem");
  EXPECT_EQ(management.dashboard_tls.tls.tls_versions, "tlsv1.3");
  EXPECT_EQ(management.dashboard_tls.tls.verify, "verify_none");
  EXPECT_EQ(management.api_tls.host, "::1");
  EXPECT_EQ(management.api_tls.tls.verify, "verify_peer");
  EXPECT_FALSE(management.pages);
  EXPECT_FALSE(with({}).config.management.dashboard_tls.on);
}

TEST(Management, ADefaultSecretBehindAnOpenDoorIsWarnedAbout) {
  const Loaded open = with({"dashboard.listener.http=18083"});
  ASSERT_EQ(open.warnings.size(), 1U);
  EXPECT_TRUE(open.warnings[0].starts_with("!!!! management.default_application.secret is the default"));
  EXPECT_TRUE(with({"dashboard.listener.http=[::1]:18083"}).warnings.empty());
  EXPECT_EQ(with({"dashboard.listener.https=18084"}).warnings.size(), 1U);
  EXPECT_TRUE(
      with({"dashboard.listener.http=18083", "management.default_application.secret=s"}).warnings.empty());
}

}  // namespace
}  // namespace meshmq::config
