#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/schema.hpp"

namespace meshmq::config {
namespace {

using namespace std::chrono_literals;

/// A configuration file that lives as long as the test.
class ConfFile {
 public:
  explicit ConfFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              (std::string("meshmq-") + testing::UnitTest::GetInstance()->current_test_info()->name() +
               ".conf")) {
    std::ofstream(path_) << text;
  }
  ~ConfFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Loaded with(std::vector<std::string> arguments) {
  return load({.file = {}, .environment = {}, .arguments = std::move(arguments)});
}
Loaded from_file(const std::string& text) {
  const ConfFile file(text);
  Loaded loaded = load({.file = file.path(), .environment = {}, .arguments = {}});
  for (auto* list : {&loaded.errors, &loaded.warnings}) {
    for (std::string& line : *list) {
      if (line.starts_with(file.path())) line.replace(0, file.path().size(), "f");
    }
  }
  return loaded;
}
std::string read(const std::string& path) {
  std::ifstream file(std::string(MESHMQ_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Defaults, MakeANodeThatRuns) {
  const Loaded loaded = with({});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.node.name, "meshmq@127.0.0.1");
  EXPECT_EQ(config.mesh.cookie, default_cookie);
  EXPECT_EQ(config.mesh.net_ticktime, 8s);
  EXPECT_EQ(config.mesh.epmd_port, 4369);
  ASSERT_EQ(config.listeners.size(), 1u);
  EXPECT_EQ(config.listeners[0].name, "external");
  EXPECT_EQ(config.listeners[0].host, "0.0.0.0");
  EXPECT_EQ(config.listeners[0].port, 1883);
  EXPECT_EQ(config.listeners[0].connections_max, 1024000u);
}

TEST(Defaults, AreThoseOfThePureRooms) {
  const broker::Config ours = with({}).config.node.broker;
  const broker::Config theirs;
  EXPECT_EQ(ours.packet_bytes_max, theirs.packet_bytes_max);
  EXPECT_EQ(ours.topic_levels_max, theirs.topic_levels_max);
  EXPECT_EQ(ours.keepalive_percent, theirs.keepalive_percent);
  EXPECT_EQ(ours.inflight_max, theirs.inflight_max);
  EXPECT_EQ(ours.retry_interval, theirs.retry_interval);
  EXPECT_EQ(ours.awaiting_rel_max, theirs.awaiting_rel_max);
  EXPECT_EQ(ours.session_expiry_interval, theirs.session_expiry_interval);
  EXPECT_EQ(ours.queue_messages_max, theirs.queue_messages_max);
  EXPECT_EQ(ours.output_bytes_max, theirs.output_bytes_max);
  const node::Config node = with({}).config.node;
  EXPECT_EQ(node.suback_wait, node::Config().suback_wait);
  EXPECT_EQ(node.forward_keep, node::Config().forward_keep);
  EXPECT_EQ(node.link_bytes_max, node::Config().link_bytes_max);
  EXPECT_EQ(node.log_entries_max, node::Config().log_entries_max);
}

TEST(Sources, LaterOnesOverrideEarlierOnes) {
  const ConfFile file(
      "node.cookie = from-file\nnode.workers = 1\nnode.workers = 2\nmqtt.max_qos_allowed = 1\n");
  const Loaded loaded = load({.file = file.path(),
                              .environment = {{"MESHMQ_NODE__COOKIE", "from-environment"},
                                              {"MESHMQ_MQTT__MAX_QOS_ALLOWED", "0"},
                                              {"ERL_EPMD_PORT", "14369"}},
                              .arguments = {"node.cookie=from-arguments"}});
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.mesh.cookie, "from-arguments");
  EXPECT_EQ(loaded.config.node.workers, 2);
  EXPECT_EQ(loaded.config.node.broker.qos_max, mqtt::QoS::at_most_once);
  EXPECT_EQ(loaded.config.mesh.epmd_port, 14369);
}

TEST(Sources, AnEmptyValueBringsTheDefaultBack) {
  const ConfFile file("node.cookie = from-file\nlog.to = both\n");
  const Loaded loaded =
      load({.file = file.path(), .environment = {{"MESHMQ_LOG__TO", ""}}, .arguments = {"node.cookie="}});
  EXPECT_EQ(loaded.config.mesh.cookie, default_cookie);
  EXPECT_EQ(loaded.config.log.to, "file");
  EXPECT_FALSE(loaded.config.log.to_is_explicit);
}

TEST(Sources, AMissingFileIsAnError) {
  const Loaded loaded = load({.file = "/nowhere/meshmq.conf", .environment = {}, .arguments = {}});
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0], "cannot read /nowhere/meshmq.conf: No such file or directory");
}

TEST(Sources, LogToOfTheCommandLineIsExplicit) {
  EXPECT_TRUE(with({"log.to=both"}).config.log.to_is_explicit);
  EXPECT_FALSE(from_file("log.to = both\n").config.log.to_is_explicit);
}

TEST(Mistakes, AreAllReportedWithTheirPlace) {
  const Loaded loaded = from_file(
      "node.nam = x\n"
      "node.workers = many\n"
      "garbage\n"
      "cluster.suback_wait = 5\n"
      "mqtt.max_qos_allowed = 3\n"
      "node.epmd = yes\n"
      "listener.tcp.external = 1883x\n"
      "wholly.unknown.thing = 1\n");
  ASSERT_EQ(loaded.errors.size(), 8u);
  std::ostringstream all;
  for (const std::string& line : loaded.errors) all << line << "\n";
  EXPECT_EQ(all.str(),
            "f:3: expected `key = value`, not 'garbage'\n"
            "f:2: node.workers = many: expected an integer from 0 to 1024\n"
            "f:6: node.epmd = yes: expected on or off\n"
            "f:4: cluster.suback_wait = 5: expected a duration with unit, such as 500ms, 30s, 1m30s or 2h of "
            "at least "
            "1ms\n"
            "f:5: mqtt.max_qos_allowed = 3: expected an integer from 0 to 2\n"
            "f:7: listener.tcp.external = 1883x: expected a port or an address with port, such as 1883, "
            "127.0.0.1:1883 or [::1]:1883\n"
            "f:1: unknown key node.nam; did you mean node.name?\n"
            "f:8: unknown key wholly.unknown.thing\n");
}

TEST(Mistakes, OfTheEnvironmentAndTheCommandLineSayWhere) {
  const Loaded loaded = load(
      {.file = {},
       .environment = {{"MESHMQ_NODE__NAME", "no-host"}, {"MESHMQ_NODE__NAMEX", "x"}, {"ERL_EPMD_PORT", "x"}},
       .arguments = {"node.net_ticktime=soon", "nonsense"}});
  ASSERT_EQ(loaded.errors.size(), 5u);
  EXPECT_EQ(loaded.errors[0], "--set: expected key=value, not 'nonsense'");
  EXPECT_TRUE(
      loaded.errors[1].starts_with("environment MESHMQ_NODE__NAME: node.name = no-host: expected name@host"));
  EXPECT_TRUE(loaded.errors[2].starts_with("--set: node.net_ticktime = soon: expected a duration"));
  EXPECT_TRUE(
      loaded.errors[3].starts_with("environment MESHMQ_NODE__NAMEX: unknown key node.namex; did you mean"));
  EXPECT_TRUE(loaded.errors[4].starts_with("environment ERL_EPMD_PORT = x"));
}

TEST(Mistakes, ThatOnlyShowTogether) {
  EXPECT_EQ(with({"node.dist_listen_min=7000", "node.dist_listen_max=6000"}).errors.size(), 1u);
  EXPECT_EQ(with({"cluster.redial_min=9s"}).errors.size(), 1u);
  EXPECT_EQ(with({"node.epmd=off", "node.dist_listen_min=0"}).errors.size(), 1u);
}

TEST(Modules, RulesAndSubscriptionsAreInTheOrderOfTheirNumbers) {
  const Loaded loaded = from_file(
      "module.rewrite.pub.rule.10 = x/# ^x/(.+)$ ten/$1  # the last one counts\n"
      "module.rewrite.pub.rule.9 = x/# ^x/(.+)$ nine/$1\n"
      "module.rewrite.rule.1 = y/# ^y/(.+)$ both/$1\n"
      "module.subscription.2.topic = two/%c/#\n"
      "module.subscription.2.qos = 2\n"
      "module.subscription.2.nl = 1\n"
      "module.subscription.2.rh = 1\n"
      "module.subscription.1.topic = $share/g/one\n"
      "module.delayed = off\n"
      "module.delayed.max_delayed_messages = 7\n");
  EXPECT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  const broker::Config& config = loaded.config.node.broker;
  std::string storage;
  EXPECT_EQ(topic::rewritten(config.rewrite_publish, "x/a", {}, storage), "ten/a");
  EXPECT_EQ(topic::rewritten(config.rewrite_publish, "y/a", {}, storage), "both/a");
  EXPECT_EQ(topic::rewritten(config.rewrite_subscribe, "x/a", {}, storage), "x/a");
  EXPECT_EQ(topic::rewritten(config.rewrite_subscribe, "y/a", {}, storage), "both/a");
  ASSERT_EQ(config.auto_subscriptions.size(), 2U);
  EXPECT_EQ(config.auto_subscriptions[0].filter, "$share/g/one");
  const broker::AutoSubscription& two = config.auto_subscriptions[1];
  EXPECT_EQ(two.filter, "two/%c/#");
  EXPECT_EQ(two.qos, mqtt::QoS::exactly_once);
  EXPECT_TRUE(two.no_local);
  EXPECT_FALSE(two.retain_as_published);
  EXPECT_EQ(two.retain_handling, mqtt::RetainHandling::send_if_new);
  EXPECT_FALSE(config.delayed);
  EXPECT_EQ(loaded.config.node.delayed_max, 7U);
}

TEST(Modules, MistakesSayWhatWasExpected) {
  const Loaded loaded = from_file(
      "module.rewrite.pub.rule.1 = x/# ^x/(.+$ z\n"
      "module.rewrite.sub.rule.1 = x/#\n"
      "module.subscription.1.topic = a#\n"
      "module.subscription.2.qos = 1\n");
  std::string all;
  for (const std::string& error : loaded.errors) all += error + "\n";
  for (const char* part :
       {"f:1: module.rewrite.pub.rule.1 = x/# ^x/(.+$ z: expected a valid regular expression: ",
        "f:2: module.rewrite.sub.rule.1 = x/#: expected a topic filter, a regular expression ",
        "f:3: module.subscription.1.topic = a#: expected a topic filter",
        "default: module.subscription.2.topic: missing or wrong"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST(Listeners, AreNamedByTheUser) {
  const Loaded loaded = from_file(
      "listener.tcp.inner = 127.0.0.1:0\n"
      "listener.tcp.inner.backlog = 7\n"
      "listener.tcp.outer = [::]:1884\n"
      "listener.tcp.outer.nodelay = false\n");
  EXPECT_TRUE(loaded.errors.empty());
  ASSERT_EQ(loaded.config.listeners.size(), 2u);
  EXPECT_EQ(loaded.config.listeners[0].name, "inner");
  EXPECT_EQ(loaded.config.listeners[0].port, 0);
  EXPECT_EQ(loaded.config.listeners[0].backlog, 7);
  EXPECT_TRUE(loaded.config.listeners[0].nodelay);
  EXPECT_EQ(loaded.config.listeners[1].host, "::");
  EXPECT_FALSE(loaded.config.listeners[1].nodelay);
  EXPECT_EQ(loaded.config.listeners[1].backlog, 1024);
}

TEST(Listeners, TheDefaultOneStandsOnlyIfNobodyNamesAny) {
  EXPECT_EQ(with({"listener.tcp.external.backlog=7"}).config.listeners[0].backlog, 7);
  EXPECT_TRUE(with({"listener.tcp.external="}).config.listeners.empty());
  EXPECT_EQ(from_file("listener.wss.external = 8084\n").config.listeners.size(), 1u);
}

TEST(Listeners, OfEachKindHaveTheirOwnKeys) {
  const Loaded loaded = from_file(
      "listener.tcp.a = 1\n"
      "listener.ssl.a = 2\n"
      "listener.ssl.a.certfile = a.pem\n"
      "listener.ssl.a.verify = verify_peer\n"
      "listener.ssl.a.sni.x.certfile = x.pem\n"
      "listener.ssl.a.sni.y.certfile = y.pem\n"
      "listener.ssl.a.sni.x.hostname = *.example.org\n"
      "listener.ssl.b = 3\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  ASSERT_EQ(loaded.config.listeners.size(), 3u);
  EXPECT_EQ(loaded.config.listeners[0].kind, "tcp");
  EXPECT_EQ(loaded.config.listeners[0].connections_max, 1024000u);
  const Listener& a = loaded.config.listeners[1];
  EXPECT_EQ(a.kind, "ssl");
  EXPECT_EQ(a.port, 2);
  EXPECT_EQ(a.connections_max, 102400u);
  EXPECT_EQ(a.tls.verify, "verify_peer");
  EXPECT_EQ(a.tls.certificate.certfile, "a.pem");
  EXPECT_EQ(a.handshake_timeout, std::chrono::seconds(15));
  ASSERT_EQ(a.tls.sni.size(), 2u);
  EXPECT_EQ(a.tls.sni[0].hostname, "*.example.org");
  EXPECT_EQ(a.tls.sni[0].certfile, "x.pem");
  EXPECT_EQ(a.tls.sni[1].hostname, "");
  EXPECT_EQ(a.tls.sni[1].certfile, "y.pem");
  EXPECT_EQ(loaded.config.listeners[2].tls.sni.size(), 0u);
  EXPECT_EQ(loaded.config.listeners[2].tls.tls_versions, "tlsv1.3,tlsv1.2");
}

TEST(Listeners, HaveAccessRulesInTheOrderOfTheirNumbers) {
  const Loaded loaded = from_file(
      "listener.tcp.a = 1\n"
      "listener.tcp.a.access.10 = allow all\n"
      "listener.tcp.a.access.9 = deny 10.0.0.0/8\n"
      "listener.tcp.a.access.1 = allow 10.0.0.1\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(
      loaded.config.listeners[0].access,
      (std::vector<AccessLine>{{"1", "allow 10.0.0.1"}, {"9", "deny 10.0.0.0/8"}, {"10", "allow all"}}));
  const Loaded wrong = from_file("listener.tcp.a = 1\nlistener.tcp.a.access.1 = deny localhost\n");
  ASSERT_EQ(wrong.errors.size(), 1u);
  EXPECT_EQ(
      wrong.errors[0],
      "f:2: listener.tcp.a.access.1 = deny localhost: expected allow or deny, then all, an address or a "
      "network such as 10.0.0.0/8");
}

TEST(Listeners, OfWebSocketAndUnixKindHaveTheirOwnKeysToo) {
  const Loaded loaded = from_file(
      "listener.ws.a = 8083\n"
      "listener.ws.a.compress = true\n"
      "listener.ws.a.deflate_opts.level = best_speed\n"
      "listener.ws.a.proxy_protocol = on\n"
      "listener.ws.a.peer_cert_as_username = cn\n"
      "listener.wss.a = 8084\n"
      "listener.wss.a.certfile = a.pem\n"
      "listener.unix.a = /run/a.sock\n"
      "listener.unix.a.mode = 0600\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  ASSERT_EQ(loaded.config.listeners.size(), 3u);
  const Listener& ws = loaded.config.listeners[0];
  EXPECT_EQ(ws.kind, "ws");
  EXPECT_EQ(ws.ws.mqtt_path, "/mqtt");
  EXPECT_TRUE(ws.ws.compress);
  EXPECT_EQ(ws.ws.deflate_level, "best_speed");
  EXPECT_EQ(ws.connections_max, 102400u);
  EXPECT_TRUE(ws.proxy_protocol);
  EXPECT_EQ(loaded.config.listeners[1].tls.alpn, "http/1.1");
  EXPECT_EQ(loaded.config.listeners[1].ws.mqtt_piggyback, "single");
  EXPECT_EQ(loaded.config.listeners[2].unix_path, "/run/a.sock");
  EXPECT_EQ(loaded.config.listeners[2].unix_mode, 0600u);
  EXPECT_EQ(from_file("listener.unix.a = /a\nlistener.unix.a.mode = 0888\n").errors.size(), 1u);
}

TEST(Listeners, CannotKnowACertificateThatNobodyTellsOf) {
  const Loaded loaded = from_file("listener.tcp.a = 1\nlistener.tcp.a.peer_cert_as_clientid = cn\n");
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(
      loaded.errors[0],
      "f:2: listener.tcp.a.peer_cert_as_clientid: without proxy_protocol nobody tells of a certificate");
}

TEST(Listeners, OptionsOfOneWithoutAddressAreNoticed) {
  const Loaded loaded = from_file("listener.tcp.ghost.backlog = 7\nlistener.tcp.ghost.nodelay = true\n");
  EXPECT_TRUE(loaded.errors.empty());
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_EQ(loaded.warnings[0],
            "f:1: listener.tcp.ghost.backlog: no effect, listener.tcp.ghost itself is not set");
}

TEST(Listeners, TheLargestHighWatermarkCounts) {
  EXPECT_EQ(from_file("listener.tcp.a = 1\nlistener.tcp.a.high_watermark = 64KB\n")
                .config.node.broker.output_bytes_max,
            64u * 1024);
  EXPECT_EQ(from_file("listener.tcp.a = 1\nlistener.tcp.a.high_watermark = 64KB\nlistener.tcp.b = 2\n")
                .config.node.broker.output_bytes_max,
            1024u * 1024);
}

TEST(Zones, ExternalIsTheOneOfListenersThatNameNone) {
  const Loaded loaded = from_file(
      "zone.external.keepalive_backoff = 1.0\n"
      "zone.external.max_packet_size = 2MB\n"
      "zone.external.session_expiry_interval = 1d\n"
      "zone.internal.max_inflight = 128\n"
      "zone.internal.max_awaiting_rel = 1000\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.node.broker.keepalive_percent, 200u);
  EXPECT_EQ(loaded.config.node.broker.packet_bytes_max, 2u * 1024 * 1024);
  EXPECT_EQ(loaded.config.node.broker.session_expiry_interval, 24h);
  EXPECT_EQ(loaded.config.node.broker.inflight_max, 32);
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_NE(loaded.warnings[0].find("zone.internal: no effect, no listener names this zone"),
            std::string::npos);
}

TEST(Zones, HaveTheirOwnAccess) {
  const Loaded loaded = from_file(
      "allow_anonymous = false\n"
      "acl_nomatch = deny\n"
      "acl_deny_action = disconnect\n"
      "acl_file = rules.conf\n"
      "zone.lab.allow_anonymous = true\n"
      "zone.lab.enable_acl = off\n"
      "zone.lab.acl_nomatch = allow\n"
      "zone.lab.acl_deny_action = ignore\n"
      "listener.tcp.a = 1\n"
      "listener.tcp.b = 2\n"
      "listener.tcp.b.zone = lab\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.access.acl_file, "rules.conf");
  const broker::Config& external = loaded.config.node.broker;
  EXPECT_FALSE(external.allow_anonymous);
  EXPECT_TRUE(external.enable_acl);
  EXPECT_FALSE(external.acl_nomatch_allow);
  EXPECT_TRUE(external.acl_deny_disconnect);
  const broker::Config& lab = external.zone(1);
  EXPECT_TRUE(lab.allow_anonymous);
  EXPECT_FALSE(lab.enable_acl);
  EXPECT_TRUE(lab.acl_nomatch_allow);
  EXPECT_FALSE(lab.acl_deny_disconnect);
}

TEST(Zones, HoldForTheListenersThatNameThem) {
  const Loaded loaded = from_file(
      "mqtt.max_qos_allowed = 1\n"
      "zone.external.max_inflight = 7\n"
      "zone.lab.max_inflight = 128\n"
      "zone.lab.max_qos_allowed = 2\n"
      "listener.tcp.a = 1\n"
      "listener.tcp.b = 2\n"
      "listener.tcp.b.zone = lab\n"
      "listener.ws.c = 3\n"
      "listener.ws.c.zone = other\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.warnings.empty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.zone_names, (std::vector<std::string>{"external", "lab", "other"}));
  ASSERT_EQ(config.listeners.size(), 3u);
  EXPECT_EQ(config.listeners[0].zone_index, 0);
  EXPECT_EQ(config.listeners[1].zone_index, 1);
  EXPECT_EQ(config.listeners[2].zone_index, 2);
  const broker::Config& broker = config.node.broker;
  EXPECT_EQ(broker.zone(0).inflight_max, 7);
  EXPECT_EQ(broker.zone(1).inflight_max, 128);
  EXPECT_EQ(broker.zone(2).inflight_max, 32);
  EXPECT_EQ(broker.zone(0).qos_max, mqtt::QoS::at_least_once);
  EXPECT_EQ(broker.zone(1).qos_max, mqtt::QoS::exactly_once);
  EXPECT_EQ(broker.zone(2).qos_max, mqtt::QoS::at_least_once);
}

TEST(Zones, AMistakeInAKeyOfAllIsToldOnce) {
  const Loaded loaded =
      from_file("mqtt.max_qos_allowed = 7\nlistener.tcp.b = 2\nlistener.tcp.b.zone = lab\n");
  EXPECT_EQ(loaded.errors.size(), 1u);
}

TEST(ForeignKeys, AreWarnedAboutOnce) {
  const Loaded loaded = from_file(
      "node.max_ports = 1048576\n"
      "log.burst_limit = 20000, 1s\n"
      "node.process_limit = 2097152\n"
      "listener.tcp.external = 1883\n"
      "listener.tcp.external.zone = external\n"
      "listener.tcp.external.access.1 = allow all\n"
      "cluster.discovery = manual\n"
      "allow_anonymous = true\n");
  EXPECT_TRUE(loaded.errors.empty());
  ASSERT_EQ(loaded.warnings.size(), 3u);
  EXPECT_EQ(loaded.warnings[0], "f:2: log.burst_limit: no effect yet");
  EXPECT_EQ(loaded.warnings[1], "f:1: node.max_ports: no effect, MeshMQ has nothing like it");
  EXPECT_EQ(loaded.warnings[2], "f:3: node.process_limit: no effect, MeshMQ has nothing like it");
}

TEST(ForeignKeys, OfAFamilySayWhetherTheyWillComeOrNot) {
  const Loaded loaded = from_file("rpc.mode = async\nbroker.perf.trie_compaction = true\n");
  EXPECT_TRUE(loaded.errors.empty());
  ASSERT_EQ(loaded.warnings.size(), 2u);
  EXPECT_EQ(loaded.warnings[0], "f:2: broker.perf.** (1 keys): no effect yet");
  EXPECT_EQ(loaded.warnings[1], "f:1: rpc.** (1 keys): no effect, MeshMQ has nothing like it");
}

TEST(Zones, OfListenersWithAMountpointAreTheirOwn) {
  const Loaded loaded = from_file(
      "zone.external.max_inflight = 7\n"
      "zone.external.mountpoint = all/\n"
      "zone.external.mqueue_priorities = a=1,b=2\n"
      "listener.tcp.a = 0\n"
      "listener.tcp.b = 0\n"
      "listener.tcp.b.mountpoint = b/%c/\n");
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  const Config& config = loaded.config;
  const broker::Config& broker = config.node.broker;
  EXPECT_EQ(broker.zone(config.listeners[0].zone_index).mountpoint, "all/");
  EXPECT_EQ(broker.zone(config.listeners[1].zone_index).mountpoint, "b/%c/");
  EXPECT_EQ(broker.zone(config.listeners[1].zone_index).inflight_max, 7);
  EXPECT_EQ(config.zone_names, (std::vector<std::string>{"external", "external of listener.tcp.b"}));
  EXPECT_EQ(broker.queue_priorities.of("b"), 2);
  EXPECT_EQ(broker.queue_priorities.of("c"), broker::QueuePriorities::highest);
}

TEST(ForeignKeys, ThatWouldLeaveADoorOpenAreErrors) {
  const Loaded loaded = from_file("node.dist_use_interface = 10.0.0.1\n");
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0], "f:1: node.dist_use_interface = 10.0.0.1: not supported yet, only 0.0.0.0 is");
}

TEST(DistributionKeys, TlsNeedsItsFile) {
  EXPECT_EQ(
      from_file("cluster.proto_dist = inet_tls\n").errors,
      std::vector<std::string>{"default: node.ssl_dist_optfile: needed for cluster.proto_dist = inet_tls"});
  const Loaded loaded =
      from_file("cluster.proto_dist = inet6_tls\nnode.ssl_dist_optfile = etc/ssl_dist.conf\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_TRUE(loaded.config.mesh.ipv6());
  EXPECT_EQ(loaded.config.mesh.tls_file(), "etc/ssl_dist.conf");
  const Loaded plain = from_file("node.ssl_dist_optfile = etc/ssl_dist.conf\n");
  EXPECT_TRUE(plain.errors.empty()) << "as 4.3's file has it";
  EXPECT_EQ(plain.config.mesh.tls_file(), "");
}

TEST(DiscoveryKeys, SeedsAreNeededForStatic) {
  EXPECT_EQ(from_file("cluster.discovery = static\n").errors,
            std::vector<std::string>{"default: cluster.static.seeds: needed for cluster.discovery = static"});
  const Loaded loaded = from_file("cluster.discovery = static\ncluster.static.seeds = a@h, b@h\n");
  EXPECT_TRUE(loaded.errors.empty());
  EXPECT_EQ(loaded.config.node.discovery.provider, "static");
  EXPECT_EQ(loaded.config.discovery.seeds, "a@h, b@h");
}

TEST(DiscoveryKeys, APodFindsItsApiServer) {
  Request request;
  request.arguments = {"cluster.discovery=k8s", "cluster.k8s.service_name=meshmq"};
  ASSERT_EQ(load(request).errors.size(), 1u);
  EXPECT_NE(load(request).errors[0].find("cluster.k8s.apiserver: needed"), std::string::npos);
  request.environment = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "6443"}};
  EXPECT_TRUE(load(request).errors.empty());
  EXPECT_EQ(load(request).config.discovery.k8s.apiserver, "https://10.96.0.1:6443");
  request.environment = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}};
  EXPECT_EQ(load(request).config.discovery.k8s.apiserver, "https://[fd00::1]:443");
  request.arguments.push_back("cluster.k8s.apiserver=http://a:1,http://b:1");
  EXPECT_EQ(load(request).config.discovery.k8s.apiserver, "http://a:1,http://b:1");
}

TEST(Cookie, TheDefaultOneIsWarnedAboutBeyondLoopback) {
  EXPECT_EQ(with({"node.name=n@10.0.0.1"}).warnings.size(), 1u);
  EXPECT_EQ(with({"node.name=n@10.0.0.1", "node.cookie=secret"}).warnings.size(), 0u);
  EXPECT_EQ(with({"node.name=n@127.0.0.2"}).warnings.size(), 0u);
}

/// What all kinds of listeners have stands there for tcp; wss has the keys of ssl and ws.
bool is_as_for_another_kind(std::string_view key) {
  if (key == "listener.tcp.*" || key.starts_with("listener.wss.")) return true;
  for (const std::string_view kind : listener_kinds) {
    const std::string prefix = "listener." + std::string(kind) + ".*.";
    if (kind == "tcp" || !key.starts_with(prefix)) continue;
    const std::string twin = "listener.tcp.*." + std::string(key.substr(prefix.size()));
    return std::any_of(keys().begin(), keys().end(), [&](const Key& other) { return other.key == twin; });
  }
  return false;
}

TEST(Users, OfTheConfigurationHaveANameAndAPassword) {
  const Loaded loaded = from_file(
      "auth.user.1.username = admin\nauth.user.1.password = public\n"
      "auth.client.x.clientid = id:1\nauth.client.x.password = passwd\n");
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(loaded.config.node.users,
            (std::vector<node::ConfiguredUser>{{true, "id:1", "passwd"}, {false, "admin", "public"}}));
  const Loaded half = from_file("auth.user.1.username = admin\nauth.client.2.password = x\n");
  EXPECT_EQ(half.errors,
            (std::vector<std::string>{"default: auth.client.2.clientid: needed, as the rest of it is there",
                                      "default: auth.user.1.password: needed, as the rest of it is there"}));
  EXPECT_EQ(from_file("auth.user.1.name = admin\n").errors.size(), 1U);
}

TEST(Flapping, HasACountAndTwoDurations) {
  const Loaded loaded =
      from_file("flapping_detect_policy = 3, 10s, 2m\nzone.external.enable_flapping_detect = on\n");
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  const broker::Config& broker = loaded.config.node.broker;
  EXPECT_TRUE(broker.enable_flapping_detect);
  EXPECT_EQ(broker.flapping.count_max, 3U);
  EXPECT_EQ(broker.flapping.window, 10s);
  EXPECT_EQ(broker.flapping.ban, 2min);
  for (const char* wrong : {"3", "3, 10s", "0, 10s, 2m", "3, 10s, 2m, 1", "x, 10s, 2m", "3, 10s, soon"}) {
    EXPECT_EQ(from_file(std::string("flapping_detect_policy = ") + wrong + "\n").errors.size(), 1U) << wrong;
  }
}

TEST(Users, PasswordsAreKeptAsTheConfigurationSays) {
  const Loaded loaded = from_file("auth.mnesia.password_hash = sha256\nauth.argon2.memory = 16MB\n");
  EXPECT_EQ(loaded.config.node.password_hashing.scheme, "sha256");
  EXPECT_EQ(loaded.config.node.password_hashing.memory_kib, 16384U);
  EXPECT_EQ(from_file("auth.mnesia.password_hash = bcrypt\n").errors.size(), 1U);
}

/// The shipped files say what the defaults are, as set lines or as comments `#key = value`, and name every
/// key.
TEST(ShippedFiles, AgreeWithTheSchema) {
  const Loaded shipped =
      load({.file = std::string(MESHMQ_SOURCE_DIR) + "/etc/meshmq.conf", .environment = {}, .arguments = {}});
  EXPECT_TRUE(shipped.errors.empty()) << shipped.errors[0];
  EXPECT_TRUE(shipped.warnings.empty()) << shipped.warnings[0];
  std::string text = read("etc/meshmq.conf");
  for (const char* plugin : {"dashboard", "management", "prometheus", "retainer"}) {
    text += read(std::string("etc/plugins/meshmq_") + plugin + ".conf");
  }
  for (const Key& key : keys()) {
    if (is_as_for_another_kind(key.key)) continue;
    const bool numbered = key.key.starts_with("auth.") || key.key.starts_with("module.");
    const std::string line =
        "\n" + instance_of(instance_of(key.key, numbered ? "1" : "external"), "1") + " = ";
    std::string commented = line;
    commented.insert(1, "#");
    const bool there = text.find(line + std::string(key.fallback) + "\n") != std::string::npos ||
                       (key.fallback.empty() && (text.find(commented) != std::string::npos ||
                                                 text.find(line) != std::string::npos)) ||
                       text.find(commented + std::string(key.fallback) + "\n") != std::string::npos;
    EXPECT_TRUE(there) << key.key << " = " << key.fallback;
  }
  EXPECT_NE(text.find("\nlistener.tcp.external = 0.0.0.0:1883\n"), std::string::npos);
  EXPECT_TRUE(shipped.config.management.dashboard.on) << "who starts with them finds the dashboard";
}

}  // namespace
}  // namespace meshmq::config
