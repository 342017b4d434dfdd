#include "node/retainer.hpp"

#include <string>

namespace meshmq::node {

std::uint64_t Retainer::retain(const mqtt::MessagePtr& message, Now now) {
  if (message->payload().size() > config_.retained_payload_bytes_max) {
    log_.warning("Retained message on '{}' not stored: {} bytes, retainer.max_payload_size is {}",
                 message->topic(), message->payload().size(), config_.retained_payload_bytes_max);
    return 0;
  }
  const bool grows = !message->payload().empty() && store_.find(message->topic()) == nullptr;
  if (grows && config_.retained_max != 0 && store_.size() >= config_.retained_max) {
    log_.warning("Retained message on '{}' not stored: there are {}, retainer.max_retained_messages is {}",
                 message->topic(), store_.size(), config_.retained_max);
    return 0;
  }
  return write(message, now);
}

std::size_t Retainer::clean(std::string_view filter, Now now) {
  const auto found = store_.match(filter, now.wall);
  for (const mqtt::MessagePtr& message : found) {
    write(mqtt::Message::make({.topic = message->topic(), .retain = true}), now);
  }
  return found.size();
}

std::uint64_t Retainer::write(const mqtt::MessagePtr& message, Now now) {
  const cluster::RowStamp stamp = writer_.stamp(now);
  if (!store_.store(message, stamp)) return 0;
  std::string value;
  if (!message->payload().empty()) message->encode(value);
  return writer_.replicate(SharedTable::retained, message->topic(), stamp, value);
}

}  // namespace meshmq::node
