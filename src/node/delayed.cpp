#include "node/delayed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

/// Others are served in between.
constexpr std::size_t per_tick_max = 5000;

std::string key_of(WallMillis due, std::uint64_t id) {
  std::string key;
  ByteWriter w(key);
  w.u64(static_cast<std::uint64_t>(due));
  w.u64(id);
  return key;
}

WallMillis due_of(std::string_view key) {
  return static_cast<WallMillis>(ByteReader(key).u64());
}

std::string id_of(std::string_view key) {
  ByteReader r(key);
  r.u64();
  return fmt::format("{:016x}", r.u64());
}

/// Published now: its lifetime begins.
mqtt::MessagePtr republished(const mqtt::Message& message, Now now) {
  mqtt::MessageParts parts = message.parts();
  parts.created_at = now.wall;
  return mqtt::Message::make(parts);
}

/// Nothing if it is not what this version writes.
std::optional<DelayedMessage> decode(std::string_view key, std::string_view value) {
  ByteReader r(value);
  const std::string_view node = r.bytes16();
  auto message = mqtt::Message::decode(r.rest());
  if (!r.ok() || !message) return std::nullopt;
  return DelayedMessage{id_of(key), std::string(node), due_of(key), std::move(*message)};
}

}  // namespace

Delayed::Delayed(const Config& config, Write write, Logger log, Now started)
    : config_(config), write_(std::move(write)), log_(log), started_(started.mono) {
  rows_.on_change = [this](std::string_view key, std::string_view value) {
    if (value.empty()) {
      waiting_.erase(std::string(key));
    } else {
      waiting_.emplace(key);
    }
  };
}

bool Delayed::add(const mqtt::MessagePtr& message, WallMillis due, Now now) {
  if (config_.delayed_max != 0 && size() >= config_.delayed_max) {
    log_.warning(
        "Delayed message for '{}' not taken: there are {}, module.delayed.max_delayed_messages is {}",
        message->topic(), size(), config_.delayed_max);
    return false;
  }
  std::string value;
  ByteWriter w(value);
  w.bytes16(config_.name);
  message->encode(value);
  write_(key_of(std::max<WallMillis>(due, 0), message->id()), value, now);
  return true;
}

bool Delayed::any_due(Now now) const {
  return !waiting_.empty() && due_of(*waiting_.begin()) <= now.wall;
}

void Delayed::tick(const std::vector<std::string>& running_nodes, bool alone, const Publish& publish,
                   Now now) {
  if (!alone && now.mono - started_ < meeting_time) return;
  std::size_t published = 0;
  const bool first = running_nodes.empty() || running_nodes.front() == config_.name;
  for (auto it = waiting_.begin(); it != waiting_.end() && due_of(*it) <= now.wall;) {
    const std::string key = *it++;
    const std::string* value = rows_.find(key);
    const auto waiting = value == nullptr ? std::nullopt : decode(key, *value);
    if (waiting && waiting->node != config_.name) {
      const bool left_alone =
          !std::binary_search(running_nodes.begin(), running_nodes.end(), waiting->node) &&
          waiting->due + grace.count() <= now.wall;
      if (!first || !left_alone) continue;
    }
    write_(key, {}, now);
    if (waiting) publish(republished(*waiting->message, now));
    if (++published == per_tick_max) return;
  }
}

std::vector<DelayedMessage> Delayed::list() const {
  std::vector<DelayedMessage> result;
  for (const std::string& key : waiting_) {
    const std::string* value = rows_.find(key);
    auto waiting = value == nullptr ? std::nullopt : decode(key, *value);
    if (waiting) result.push_back(std::move(*waiting));
  }
  return result;
}

bool Delayed::erase(std::string_view id, Now now) {
  const auto it = std::find_if(waiting_.begin(), waiting_.end(),
                               [id](const std::string& key) { return id_of(key) == id; });
  if (it == waiting_.end()) return false;
  write_(std::string(*it), {}, now);
  return true;
}

}  // namespace meshmq::node
