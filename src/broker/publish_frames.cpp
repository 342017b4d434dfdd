#include "broker/publish_frames.hpp"

#include <algorithm>
#include <cstdint>

#include "mqtt/encoder.hpp"

namespace meshmq::broker {

FramePtr encode_publish(const mqtt::Message& message, PublishForm form, const SubscriptionIds& ids,
                        WallMillis now) {
  const mqtt::Publish publish{.topic = message.topic(),
                              .payload = message.payload(),
                              .properties = message.properties(),
                              .subscription_ids = ids.values(),
                              .expiry_s = message.remaining_expiry_s(now),
                              .topic_alias = 0,
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

void PublishFrames::finish() {
  for (Slot& slot : slots_) {
    if (slot.used) flush(slot);
  }
  if (ids_slot_.used) flush(ids_slot_);
  message_ = nullptr;
}

void PublishFrames::fill(Slot& slot, PublishForm form, const SubscriptionIds& ids) {
  slot.frame = encode_publish(*message_, form, ids, now_);
  slot.size = slot.frame ? slot.frame->size() : SIZE_MAX;
  slot.qos = form.qos;
  slot.used = true;
}

void PublishFrames::flush(Slot& slot) {
  count_publish_sent(metrics_, slot.qos, slot.sent == 0 ? 0 : slot.size, slot.sent);
  metrics_.messages_delivered += slot.sent;
  slot = Slot{};
}

PublishFrames::Slot& PublishFrames::with_ids(PublishForm form, const SubscriptionIds& ids) {
  const bool is_same = ids_slot_.used && form.qos == ids_form_.qos && form.retain == ids_form_.retain &&
                       std::ranges::equal(ids.values(), ids_.values());
  if (is_same) return ids_slot_;
  if (ids_slot_.used) flush(ids_slot_);
  fill(ids_slot_, form, ids);
  ids_form_ = form;
  ids_ = ids;
  return ids_slot_;
}

}  // namespace meshmq::broker
