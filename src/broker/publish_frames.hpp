#pragma once
// One message's PUBLISH packets in all the forms that its receivers need.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "broker/frame.hpp"
#include "broker/metrics.hpp"
#include "broker/subscription_ids.hpp"
#include "mqtt/message.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// How a PUBLISH differs from receiver to receiver, besides its packet id.
struct PublishForm {
  mqtt::Version version = mqtt::Version::v3_1_1;
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain = false;
  bool dup = false;

  friend bool operator==(const PublishForm&, const PublishForm&) = default;
};

/// How its topic is written.
struct TopicForm {
  std::uint16_t hidden = 0;  ///< bytes at the front of the topic that this client does not see
  std::uint16_t alias = 0;   ///< MQTT 5 only; 0: none
  bool alias_known = false;  ///< it stands for the topic, which is left out

  friend bool operator==(const TopicForm&, const TopicForm&) = default;
};

/// A fresh frame; nullptr if MQTT cannot express a packet of that size.
FramePtr encode_publish(const mqtt::Message& message, PublishForm form, const SubscriptionIds& ids,
                        WallMillis now, TopicForm topic = {});

/// Adds one PUBLISH to everything that counts packets, bytes and messages; `times` times.
void count_publish_sent(Metrics& metrics, mqtt::QoS qos, std::size_t bytes, std::uint64_t times);

/// The cache of one dispatch: each form is encoded when its first receiver is met and shared by the
/// others. 3.1 and 3.1.1 look the same, so there are 12 forms; the last form with subscription identifiers,
/// an alias or a mountpoint is kept besides, because subscribers of one application tend to use the same one.
/// Reused from message to
/// message; holds the message only between begin() and finish().
class PublishFrames {
 public:
  /// `metrics` get what was sent.
  explicit PublishFrames(Metrics& metrics) : metrics_(metrics) {}

  struct Slot {
    FramePtr frame;
    std::size_t size = 0;  ///< of the frame; SIZE_MAX if there can be none
    std::uint64_t sent = 0;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    bool used = false;
  };

  /// `observed`: each delivery is told to Observation.
  void begin(const mqtt::Message& message, bool observed, Now now) {
    message_ = &message;
    observed_ = observed;
    now_ = now;
    delivered_before_ = metrics_.messages_delivered;
  }
  /// The caller counts what it sends in Slot::sent.
  Slot& get(PublishForm form, const SubscriptionIds& ids) {
    if (!ids.empty() && form.version == mqtt::Version::v5) return get_special(form, ids, {});
    Slot& slot = slots_[index_of(form)];
    if (!slot.used) fill(slot, form, ids);
    return slot;
  }
  /// The same for a topic that is not written as it is.
  Slot& get_special(PublishForm form, const SubscriptionIds& ids, TopicForm topic);
  bool observed() const { return observed_; }
  Now now() const { return now_; }
  /// Adds what was sent to the metrics and lets the frames go. Returns to how many it was sent.
  std::uint64_t finish();

 private:
  static std::size_t index_of(PublishForm form) {
    const std::size_t is_v5 = form.version == mqtt::Version::v5 ? 1 : 0;
    return (static_cast<std::size_t>(form.qos) * 2 + is_v5) * 2 + (form.retain ? 1 : 0);
  }
  void fill(Slot& slot, PublishForm form, const SubscriptionIds& ids, TopicForm topic = {});
  void flush(Slot& slot);

  Metrics& metrics_;
  const mqtt::Message* message_ = nullptr;
  bool observed_ = false;
  Now now_{};
  std::uint64_t delivered_before_ = 0;
  std::array<Slot, 12> slots_;
  Slot special_slot_;
  PublishForm special_form_;
  TopicForm special_topic_;
  SubscriptionIds special_ids_;
};

}  // namespace meshmq::broker
