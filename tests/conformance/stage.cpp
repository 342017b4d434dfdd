#include "conformance/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conformance/packet_reader.hpp"

namespace meshmq::conformance {

namespace {

/// Takes `word` and the blanks behind it from the front.
bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  if (text.size() > word.size() && text[word.size()] != ' ') return false;
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return true;
}

}  // namespace

Duration to_duration(std::string_view text) {
  const std::size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(unit_at);
  const std::uint32_t number = to_number(text.substr(0, unit_at));
  if (unit == "ms") return Duration(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "h") return std::chrono::hours(number);
  throw ScriptError(fmt::format("'{}' is no time: write 100ms, 10s or 2h", text));
}

void Stage::play(const Case& one) {
  venue_.prepare(one);
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
      venue_.wait(to_duration(text));
    } else if (take_word(text, "node")) {
      venue_.admit(Fields::parse(text));
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
    connected(actor).connection->vanish();
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
  const std::string_view key = setting.substr(0, setting.find(' '));
  take_word(setting, key);
  take_word(setting, "=");
  venue_.configure(key, setting);
}

Stage::Actor& Stage::connected(Actor& actor) {
  if (actor.connection == nullptr || actor.gone) {
    actor.version = script_.version;
    actor.connection = &venue_.open(actor.version);
    actor.gone = false;
  }
  return actor;
}

void Stage::send(Actor& actor, std::string_view packet) {
  connected(actor);
  const mqtt::Version before = actor.version;
  std::string bytes = std::exchange(actor.kept_back, {}) + bytes_of(packet, actor.version, variables_);
  if (actor.version != before) actor.connection->speak(actor.version);
  collect(actor, Look::now);
  if (actor.connection->is_closed())
    throw ScriptError("the connection is closed, and the script did not say so");
  actor.connection->send(bytes);
}

void Stage::collect(Actor& actor, Look look) {
  if (actor.connection == nullptr) return;
  if (!actor.received.empty()) look = Look::now;
  for (std::string& line : actor.connection->receive(look)) actor.received.push_back(std::move(line));
}

void Stage::expect(Actor& actor, std::string_view packet) {
  collect(actor, Look::hope);
  if (actor.received.empty()) throw ScriptError("got nothing");
  const std::string got = actor.received.front();
  if (const auto why = difference(packet, got, variables_)) {
    throw ScriptError(fmt::format("got {}\n  differs: {}", got, *why));
  }
  actor.received.pop_front();
}

void Stage::expect_closed(Actor& actor, std::string_view reason) {
  collect(actor, Look::hope);
  if (actor.received.empty()) throw ScriptError("it is open");
  const std::string got = actor.received.front();
  // Over a network nobody sees why.
  const bool fits = got == "closed" || (reason.empty() && got.starts_with("closed: ")) ||
                    got == fmt::format("closed: {}", reason);
  if (!fits) throw ScriptError(fmt::format("got {}", got));
  actor.received.pop_front();
  actor.gone = true;
}

void Stage::expect_nothing(Actor& actor) {
  collect(actor, Look::doubt);
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
  Look look = Look::doubt;
  for (auto& [name, actor] : actors_) {
    if (actor.connection == nullptr) continue;
    collect(actor, std::exchange(look, Look::now));
    if (actor.received.empty()) continue;
    throw ScriptError(fmt::format("at the end {} got {}", name, actor.received.front()));
  }
}

}  // namespace meshmq::conformance
