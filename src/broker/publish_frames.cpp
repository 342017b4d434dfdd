#include "broker/publish_frames.hpp"

#include <algorithm>
#include <cstdint>

#include "mqtt/encoder.hpp"

namespace meshmq::broker {

FramePtr encode_publish(const mqtt::Message& message, PublishForm form, const SubscriptionIds& ids,
                        WallMillis now, TopicForm topic) {
  const std::string_view shown = message.topic().substr(topic.hidden);
  const mqtt::Publish publish{.topic = topic.alias_known ? std::string_view() : shown,
                              .payload = message.payload(),
                              .properties = message.properties(),
                              .subscription_ids = ids.values(),
                              .expiry_s = message.remaining_expiry_s(now),
                              .topic_alias = topic.alias,
                              .packet_id = 0,
                              .qos = form.qos,
                              .dup = form.dup,
                              .retain = form.retain};
  const mqtt::PublishEncoder encoder(publish, form.version);
  if (encoder.size() > mqtt::packet_bytes_max) return nullptr;
  FramePtr frame = Frame::make(encoder.size());
  frame->set_packet_id_offset(encoder.write(frame->data()));
  return frame;
}

void count_publish_sent(Metrics& metrics, mqtt::QoS qos, std::size_t bytes, std::uint64_t times) {
  metrics.bytes_sent += bytes * times;
  metrics.packets_sent += times;
  metrics.packets_publish_sent += times;
  metrics.messages_sent += times;
  switch (qos) {
    case mqtt::QoS::at_most_once:
      metrics.messages_qos0_sent += times;
      break;
    case mqtt::QoS::at_least_once:
      metrics.messages_qos1_sent += times;
      break;
    case mqtt::QoS::exactly_once:
      metrics.messages_qos2_sent += times;
      break;
  }
}

std::uint64_t PublishFrames::finish() {
  for (Slot& slot : slots_) {
    if (slot.used) flush(slot);
  }
  if (special_slot_.used) flush(special_slot_);
  message_ = nullptr;
  return metrics_.messages_delivered - delivered_before_;
}

void PublishFrames::fill(Slot& slot, PublishForm form, const SubscriptionIds& ids, TopicForm topic) {
  slot.frame = encode_publish(*message_, form, ids, now_.wall, topic);
  slot.size = slot.frame ? slot.frame->size() : SIZE_MAX;
  slot.qos = form.qos;
  slot.used = true;
}

void PublishFrames::flush(Slot& slot) {
  count_publish_sent(metrics_, slot.qos, slot.sent == 0 ? 0 : slot.size, slot.sent);
  metrics_.messages_delivered += slot.sent;
  slot = Slot{};
}

PublishFrames::Slot& PublishFrames::get_special(PublishForm form, const SubscriptionIds& ids,
                                                TopicForm topic) {
  const bool is_same = special_slot_.used && form == special_form_ && topic == special_topic_ &&
                       std::ranges::equal(ids.values(), special_ids_.values());
  if (is_same) return special_slot_;
  if (special_slot_.used) flush(special_slot_);
  fill(special_slot_, form, ids, topic);
  special_form_ = form;
  special_topic_ = topic;
  special_ids_ = ids;
  return special_slot_;
}

}  // namespace meshmq::broker
