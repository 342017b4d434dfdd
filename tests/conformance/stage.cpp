#include "conformance/stage.hpp"

#include <fmt/format.h>

#include <functional>

#include "conformance/packet_reader.hpp"

namespace meshmq::conformance {

namespace {

using broker::Config;

/// Takes `word` and the blanks behind it from the front.
bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  if (text.size() > word.size() && text[word.size()] != ' ') return false;
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return true;
}

Duration to_duration(std::string_view text) {
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(unit_at);
  const std::uint32_t number = to_number(text.substr(0, unit_at));
  if (unit == "ms") return Duration(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "h") return std::chrono::hours(number);
  throw ScriptError(fmt::format("'{}' is no time: write 100ms, 10s or 2h", text));
}

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

void Stage::play(const Case& one) {
  std::size_t line = one.line;
  try {
    for (const Step& each : one.steps) {
      line = each.line;
      step(each.text);
    }
    expect_nothing_left();
  } catch (const ScriptError& error) {
    throw ScriptError(fmt::format("{}:{}: {}", script_.path.string(), line, error.what()));
  }
}

void Stage::step(std::string_view text) {
  const std::string whole(text);
  try {
    if (take_word(text, "config")) {
      configure(text);
    } else if (take_word(text, "wait")) {
      harness().advance(to_duration(text));
    } else if (take_word(text, "node")) {
      admit(text);
    } else {
      const std::string name(text.substr(0, text.find(' ')));
      take_word(text, name);
      act(name, text);
    }
  } catch (const ScriptError& error) {
    throw ScriptError(fmt::format("{}\n  {}", whole, error.what()));
  }
}

void Stage::act(const std::string& name, std::string_view what) {
  Actor& actor = actors_[name];
  if (take_word(what, "->")) {
    send(actor, what);
  } else if (take_word(what, "->>")) {
    connected(actor);
    actor.kept_back += bytes_of(what, actor.version, variables_);
  } else if (take_word(what, "<-")) {
    what == "nothing" ? expect_nothing(actor) : expect(actor, what);
  } else if (take_word(what, "closed")) {
    expect_closed(actor, what);
  } else if (take_word(what, "vanishes")) {
    expect_nothing(actor);
    connected(actor).connection->vanishes();
    actor.gone = true;
  } else if (take_word(what, "opens")) {
    connected(actor);
  } else if (take_word(what, "connects")) {
    connect(name, actor, what);
  } else if (take_word(what, "subscribes")) {
    subscribe(actor, what);
  } else {
    throw ScriptError("no such step");
  }
}

void Stage::configure(std::string_view setting) {
  if (harness_) throw ScriptError("settings stand before the first client");
  const std::string_view key = setting.substr(0, setting.find(' '));
  take_word(setting, key);
  take_word(setting, "=");
  const auto setter = setters().find(key);
  if (setter == setters().end()) throw ScriptError("no such setting");
  setter->second(config_, setting);
}

void Stage::admit(std::string_view text) {
  if (harness().router.admissions.empty()) throw ScriptError("the node was not asked about anybody");
  Fields fields = Fields::parse(text);
  harness().admits({.reason = static_cast<mqtt::ReasonCode>(fields.take_number("reason", 0)),
                    .data = fields.take_text("auth_data"),
                    .username = fields.take_text("username")});
  fields.expect_empty();
}

broker::testing::Harness& Stage::harness() {
  if (!harness_) {
    harness_ = std::make_unique<broker::testing::Harness>(config_);
    harness_->show_reason_strings = true;
  }
  return *harness_;
}

Stage::Actor& Stage::connected(Actor& actor) {
  if (actor.connection == nullptr || actor.gone) {
    actor.version = script_.version;
    actor.connection = &harness().open(actor.version);
    actor.gone = false;
  }
  return actor;
}

void Stage::send(Actor& actor, std::string_view packet) {
  connected(actor);
  const mqtt::Version before = actor.version;
  std::string bytes = std::exchange(actor.kept_back, {}) + bytes_of(packet, actor.version, variables_);
  if (actor.version != before) actor.connection->speaks(actor.version);
  collect(actor);
  if (actor.connection->closed())
    throw ScriptError("the connection is closed, and the script did not say so");
  actor.connection->sends_bytes(bytes);
}

void Stage::collect(Actor& actor) {
  if (actor.connection == nullptr) return;
  std::string all = actor.connection->receives();
  for (std::string_view rest = all; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    // Clients do not see when they are read.
    if (line == "paused" || line == "resumed") continue;
    actor.received.emplace_back(line);
  }
}

void Stage::expect(Actor& actor, std::string_view packet) {
  collect(actor);
  if (actor.received.empty()) throw ScriptError("got nothing");
  const std::string got = actor.received.front();
  if (const auto why = difference(packet, got, variables_)) {
    throw ScriptError(fmt::format("got {}\n  differs: {}", got, *why));
  }
  actor.received.pop_front();
}

void Stage::expect_closed(Actor& actor, std::string_view reason) {
  collect(actor);
  if (actor.received.empty()) throw ScriptError("it is open");
  const std::string got = actor.received.front();
  const bool is_closed = got.starts_with("closed: ");
  if (!is_closed || (!reason.empty() && got != fmt::format("closed: {}", reason))) {
    throw ScriptError(fmt::format("got {}", got));
  }
  actor.received.pop_front();
  actor.gone = true;
}

void Stage::expect_nothing(Actor& actor) {
  collect(actor);
  if (!actor.received.empty()) throw ScriptError(fmt::format("got {}", actor.received.front()));
}

void Stage::connect(const std::string& name, Actor& actor, std::string_view fields) {
  const bool named = fields.find("client=") != std::string_view::npos;
  send(actor, fmt::format("CONNECT {}{}", named ? "" : fmt::format("client='{}' ", name), fields));
  expect(actor, "CONNACK !reason ...");
}

void Stage::subscribe(Actor& actor, std::string_view fields) {
  send(actor, fmt::format("SUBSCRIBE id=60000 {}", fields));
  expect(actor, "SUBACK id=60000 ...");
}

void Stage::expect_nothing_left() {
  for (auto& [name, actor] : actors_) {
    collect(actor);
    if (actor.received.empty()) continue;
    throw ScriptError(fmt::format("at the end {} got {}", name, actor.received.front()));
  }
}

}  // namespace meshmq::conformance
