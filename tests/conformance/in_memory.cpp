#include "conformance/in_memory.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

namespace meshmq::conformance {

namespace {

using broker::Config;

class TestConnection final : public Connection {
 public:
  explicit TestConnection(broker::testing::TestClient& client) : client_(client) {}

  void send(std::string_view bytes) override { client_.sends_bytes(bytes); }
  void speak(mqtt::Version version) override { client_.speaks(version); }
  bool is_closed() const override { return client_.closed(); }
  void vanish() override { client_.vanishes(); }
  std::vector<std::string> receive(Look) override {
    std::vector<std::string> lines;
    const std::string all = client_.receives();
    for (std::string_view rest = all; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      // Clients do not see when they are read.
      if (line != "paused" && line != "resumed") lines.emplace_back(line);
    }
    return lines;
  }

 private:
  broker::testing::TestClient& client_;
};

using Setter = std::function<void(Config&, std::string_view)>;

template <class T>
Setter number(T Config::*member) {
  return
      [member](Config& config, std::string_view value) { config.*member = static_cast<T>(to_number(value)); };
}

Setter flag(bool Config::*member) {
  return
      [member](Config& config, std::string_view value) { config.*member = value == "true" || value == "on"; };
}

Setter text(std::string Config::*member) {
  return [member](Config& config, std::string_view value) { config.*member = value; };
}

Setter duration(Duration Config::*member) {
  return [member](Config& config, std::string_view value) { config.*member = to_duration(value); };
}

/// Settings by the names that a configuration file has for them.
const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> all = {
      {"mqtt.max_packet_size", number(&Config::packet_bytes_max)},
      {"mqtt.max_clientid_len", number(&Config::client_id_bytes_max)},
      {"mqtt.max_topic_levels", number(&Config::topic_levels_max)},
      {"mqtt.max_qos_allowed", number(&Config::qos_max)},
      {"mqtt.max_topic_alias", number(&Config::topic_alias_max)},
      {"mqtt.max_topic_alias_broker", number(&Config::topic_alias_max_out)},
      {"mqtt.retain_available", flag(&Config::retain_available)},
      {"mqtt.wildcard_subscription", flag(&Config::wildcard_subscription)},
      {"mqtt.shared_subscription", flag(&Config::shared_subscription)},
      {"mqtt.subscription_identifier", flag(&Config::subscription_identifier)},
      {"mqtt.strict_mode", flag(&Config::strict)},
      {"mqtt.ignore_loop_deliver", flag(&Config::ignore_loop_deliver)},
      {"mqtt.check_payload_format", flag(&Config::check_payload_format)},
      {"mqtt.response_information", text(&Config::response_information)},
      {"zone.external.allow_anonymous", flag(&Config::allow_anonymous)},
      {"zone.external.mountpoint", text(&Config::mountpoint)},
      {"zone.external.upgrade_qos", flag(&Config::upgrade_qos)},
      {"zone.external.use_username_as_clientid", flag(&Config::use_username_as_clientid)},
      {"zone.external.max_session_expiry_interval", number(&Config::session_expiry_max_s)},
      {"zone.external.server_keepalive", number(&Config::server_keepalive_s)},
      {"zone.external.idle_timeout", duration(&Config::idle_timeout)},
      {"zone.external.max_subscriptions", number(&Config::subscriptions_max)},
      {"zone.external.max_inflight", number(&Config::inflight_max)},
      {"zone.external.retry_interval", duration(&Config::retry_interval)},
      {"zone.external.max_awaiting_rel", number(&Config::awaiting_rel_max)},
      {"zone.external.await_rel_timeout", duration(&Config::await_rel_timeout)},
      {"zone.external.session_expiry_interval", duration(&Config::session_expiry_interval)},
      {"zone.external.max_mqueue_len", number(&Config::queue_messages_max)},
      {"zone.external.mqueue_store_qos0", flag(&Config::queue_store_qos0)},
  };
  return all;
}

}  // namespace

void InMemory::configure(std::string_view key, std::string_view value) {
  if (harness_) throw ScriptError("settings stand before the first client");
  const auto setter = setters().find(key);
  if (setter == setters().end()) throw ScriptError("no such setting");
  setter->second(config_, value);
}

Connection& InMemory::open(mqtt::Version version) {
  connections_.push_back(std::make_unique<TestConnection>(harness().open(version)));
  return *connections_.back();
}

void InMemory::admit(Fields fields) {
  if (harness().router.admissions.empty()) throw ScriptError("the node was not asked about anybody");
  harness().admits({.reason = static_cast<mqtt::ReasonCode>(fields.take_number("reason", 0)),
                    .data = fields.take_text("auth_data"),
                    .username = fields.take_text("username")});
  fields.expect_empty();
}

broker::testing::Harness& InMemory::harness() {
  if (!harness_) {
    harness_ = std::make_unique<broker::testing::Harness>(config_);
    harness_->show_reason_strings = true;
  }
  return *harness_;
}

}  // namespace meshmq::conformance
