#include "config/translation.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/source.hpp"

namespace meshmq::config {
namespace {

class TranslationTest : public testing::Test {
 protected:
  Translation emqx(const std::string& text) {
    files["etc/emqx.conf"] = text;
    return without_title(translate_emqx("etc/emqx.conf", read));
  }
  Translation mosquitto(const std::string& text) {
    files["m.conf"] = text;
    return without_title(translate_mosquitto("m.conf", read));
  }
  /// What a node would say to it.
  static std::vector<std::string> errors_of(const std::string& text) {
    Request request;
    for (const Setting& setting : parse_file(text, "t").settings)
      request.arguments.push_back(setting.key + "=" + setting.value);
    return load(request).errors;
  }

  std::map<std::string, std::string> files;
  ReadText read = [this](const std::string& path) -> Result<std::string> {
    const auto file = files.find(path);
    if (file == files.end()) return fail(Errc::io, "cannot read " + path);
    return file->second;
  };

 private:
  static Translation without_title(Translation translation) {
    translation.text.erase(0, translation.text.find("\n\n") + 2);
    return translation;
  }
};

using Lines = std::vector<std::string>;

TEST_F(TranslationTest, KeysOfEmqxStayAndTheirValuesToo) {
  const auto got =
      emqx("node.name = emqx@10.0.0.1\n\n# why\ncluster.autoclean = 5m\nnode.name = emqx@10.0.0.2\n");
  EXPECT_EQ(got.text, "cluster.autoclean = 5m\nnode.name = emqx@10.0.0.2\n");
  EXPECT_EQ(got.notes, Lines());
  EXPECT_EQ(got.errors, Lines());
}

TEST_F(TranslationTest, WhatEmqxHasAloneIsNamed) {
  const auto got = emqx(
      "node.process_limit = 2048000\n"
      "auth.mysql.server = 127.0.0.1:3306\n"
      "listener.tcp.external.reuseaddr = true\n"
      "node.dist_use_interface = 10.0.0.1\n"
      "cluster.autoclean = soon\n"
      "cluster.autocleen = 5m\n");
  EXPECT_EQ(got.text, "");
  EXPECT_EQ(
      got.notes,
      Lines({"etc/emqx.conf:1: node.process_limit = 2048000 means nothing here",
             "etc/emqx.conf:2: auth.mysql.server = 127.0.0.1:3306 belongs to the plugin emqx_auth_mysql, "
             "which has no counterpart",
             "etc/emqx.conf:4: node.dist_use_interface = 10.0.0.1 has no counterpart, and what it shuts out "
             "would be let in",
             "etc/emqx.conf:5: cluster.autoclean = soon is left out: expected " +
                 got.notes[3].substr(got.notes[3].find("expected ") + 9),
             "etc/emqx.conf:6: cluster.autocleen = 5m is no key of EMQ X 4.3 that MeshMQ knows"}));
}

TEST_F(TranslationTest, FilesThatEmqxIncludesAreBesideIt) {
  files["etc/listeners.conf"] = "listener.tcp.external = 0.0.0.0:1883\nnonsense\n";
  const auto got =
      emqx("include {{ platform_etc_dir }}/listeners.conf\nnode.name = emqx@h\ninclude gone.conf\n");
  EXPECT_EQ(got.text, "listener.tcp.external = 0.0.0.0:1883\nnode.name = emqx@h\n");
  EXPECT_EQ(got.errors, Lines({"etc/listeners.conf:2: expected `key = value`, not 'nonsense'",
                               "cannot read etc/gone.conf"}));
  files["etc/emqx.conf"] = "include emqx.conf\n";
  EXPECT_EQ(translate_emqx("etc/emqx.conf", read).errors.size(), 1U) << "an end to circles";
}

TEST_F(TranslationTest, FilesOfPluginsCountIfTheseAreLoaded) {
  files["data/loaded_plugins"] =
      "{emqx_dashboard, true}.\n{emqx_retainer,false}.\n{emqx_recon, true}.\nemqx_web_hook.\n";
  files["etc/plugins/emqx_dashboard.conf"] = "dashboard.listener.http = 18080\n";
  files["etc/plugins/emqx_retainer.conf"] = "retainer.max_payload_size = 2MB\n";
  files["etc/plugins/emqx_web_hook.conf"] = "web.hook.url = http://h\n";
  const std::string conf = "plugins.etc_dir = etc/plugins/\n";
  const auto got = emqx(conf + "plugins.loaded_file = data/loaded_plugins\n");
  EXPECT_EQ(got.text, "dashboard.listener.http = 18080\n");
  ASSERT_EQ(got.notes.size(), 3U);
  EXPECT_EQ(got.notes[2],
            "etc/plugins/emqx_web_hook.conf:1: web.hook.url = http://h belongs to the plugin emqx_web_hook, "
            "which has no counterpart");
  EXPECT_EQ(got.errors, Lines());
  const auto by_default = emqx(conf);
  EXPECT_EQ(by_default.text, "dashboard.listener.http = 18080\nretainer.max_payload_size = 2MB\n");
  EXPECT_EQ(by_default.notes[0],
            "etc/emqx.conf: cannot read etc/plugins/emqx_management.conf, which may say more");
}

TEST_F(TranslationTest, ListenersOfMosquittoGetNames) {
  const auto got = mosquitto(
      "listener 1883 10.0.0.1\n"
      "max_connections -1\n"
      "mount_point site/\n"
      "listener 8883\n"
      "certfile /c.pem\n"
      "keyfile /k.pem\n"
      "cafile /ca.pem\n"
      "require_certificate true\n"
      "use_identity_as_username true\n"
      "listener 9001 ::1\n"
      "protocol websockets\n"
      "max_connections 100\n"
      "listener 0 /run/m.sock\n");
  EXPECT_EQ(got.text,
            "listener.tcp.external = 10.0.0.1:1883\n"
            "listener.tcp.external.zone = external\n"
            "listener.tcp.external.mountpoint = site/\n"
            "listener.ssl.external2 = 8883\n"
            "listener.ssl.external2.zone = external\n"
            "listener.ssl.external2.certfile = /c.pem\n"
            "listener.ssl.external2.keyfile = /k.pem\n"
            "listener.ssl.external2.cacertfile = /ca.pem\n"
            "listener.ssl.external2.verify = verify_peer\n"
            "listener.ssl.external2.fail_if_no_peer_cert = true\n"
            "listener.ssl.external2.peer_cert_as_username = cn\n"
            "listener.ws.external3 = [::1]:9001\n"
            "listener.ws.external3.zone = external\n"
            "listener.ws.external3.max_connections = 100\n"
            "listener.unix.external4 = /run/m.sock\n"
            "listener.unix.external4.zone = external\n"
            "allow_anonymous = false\n");
  EXPECT_EQ(got.notes, Lines());
  EXPECT_EQ(errors_of(got.text), Lines());
}

TEST_F(TranslationTest, SettingsOfMosquittoHaveTheirUnits) {
  const auto got = mosquitto(
      "# comment\n"
      "port 1884\n"
      "allow_anonymous true\n"
      "max_queued_messages 0\n"
      "max_inflight_messages 20\n"
      "persistent_client_expiration 2w\n"
      "sys_interval 10\n"
      "upgrade_outgoing_qos true\n"
      "log_dest file /var/log/m/mosquitto.log\n"
      "log_type error\n"
      "log_type information\n"
      "autosave_interval 1800\n");
  EXPECT_EQ(got.text,
            "allow_anonymous = true\n"
            "zone.external.max_mqueue_len = 0\n"
            "zone.external.max_inflight = 20\n"
            "zone.external.session_expiry_interval = 1209600s\n"
            "zone.external.max_session_expiry_interval = 1209600s\n"
            "broker.sys_interval = 10s\n"
            "zone.external.upgrade_qos = on\n"
            "log.to = file\n"
            "log.dir = /var/log/m\n"
            "log.file = mosquitto.log\n"
            "log.level = info\n"
            "listener.tcp.external = 1884\n"
            "listener.tcp.external.zone = external\n");
  EXPECT_EQ(got.notes, Lines());
  EXPECT_EQ(errors_of(got.text), Lines());
}

TEST_F(TranslationTest, LogsOfMosquittoGoWhereTheyWent) {
  for (const auto& [where, to] :
       std::map<std::string, std::string>{{"stdout", "console"}, {"syslog", "syslog"}, {"none", "off"}}) {
    const auto got = mosquitto("port 1883\nlog_dest " + where + "\n");
    EXPECT_NE(got.text.find("log.to = " + to + "\n"), std::string::npos) << where;
    EXPECT_EQ(errors_of(got.text), Lines());
  }
  EXPECT_EQ(mosquitto("log_dest topic\n").notes,
            Lines({"m.conf:1: log_dest topic: the log goes to the console, to a file or to syslog: log.to"}));
}

TEST_F(TranslationTest, WhatMosquittoHasAloneIsNamed) {
  const auto got = mosquitto(
      "password_file /etc/m/passwd\n"
      "persistent_client_expiration soon\n"
      "max_inflight_messages many\n"
      "lisener 1883\n"
      "max_queued_messages\n"
      "connection other\n"
      "address 10.0.0.9\n"
      "topic # both\n");
  EXPECT_EQ(got.text, "");
  ASSERT_EQ(got.notes.size(), 5U);
  EXPECT_EQ(
      got.notes[0],
      "m.conf:1: password_file /etc/m/passwd: passwords cannot be taken over: `meshmq_ctl user add` makes "
      "users anew (docs/access.md)");
  EXPECT_TRUE(got.notes[1].starts_with("m.conf:2: persistent_client_expiration soon: is left out"));
  EXPECT_TRUE(got.notes[2].starts_with("zone.external.max_inflight = many is left out: expected "));
  EXPECT_EQ(got.notes[3], "m.conf:4: lisener 1883: is no option of mosquitto that MeshMQ knows");
  EXPECT_TRUE(got.notes[4].starts_with("m.conf:6: connection other: bridges have no counterpart"));
  EXPECT_EQ(got.errors, Lines({"m.conf:5: max_queued_messages has no value"}));
}

}  // namespace
}  // namespace meshmq::config
