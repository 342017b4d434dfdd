#include "node/retainer.hpp"

#include <string>

namespace meshmq::node {

void Retainer::retain(const mqtt::MessagePtr& message, Now now) {
  if (message->payload().size() > config_.retained_payload_bytes_max) {
    log_.warning("Retained message on '{}' not stored: {} bytes, retainer.max_payload_size is {}",
                 message->topic(), message->payload().size(), config_.retained_payload_bytes_max);
    return;
  }
  const bool grows = !message->payload().empty() && store_.find(message->topic()) == nullptr;
  if (grows && config_.retained_max != 0 && store_.size() >= config_.retained_max) {
    log_.warning("Retained message on '{}' not stored: there are {}, retainer.max_retained_messages is {}",
                 message->topic(), store_.size(), config_.retained_max);
    return;
  }
  write(message, now);
}

std::size_t Retainer::clean(std::string_view filter, Now now) {
  const auto found = store_.match(filter, now.wall);
  for (const mqtt::MessagePtr& message : found) {
    write(mqtt::Message::make({.topic = message->topic(), .retain = true}), now);
  }
  return found.size();
}

void Retainer::write(const mqtt::MessagePtr& message, Now now) {
  const cluster::RowStamp stamp = writer_.stamp(now);
  if (!store_.store(message, stamp)) return;
  std::string value;
  if (!message->payload().empty()) message->encode(value);
  writer_.replicate(SharedTable::retained, message->topic(), stamp, value);
}

}  // namespace meshmq::node
