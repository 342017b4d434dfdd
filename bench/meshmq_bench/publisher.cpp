#include "bench/meshmq_bench/publisher.hpp"

#include <algorithm>
#include <utility>

#include "bench/meshmq_bench/load_thread.hpp"
#include "bench/meshmq_bench/stamp.hpp"
#include "mqtt/encoder.hpp"

namespace meshmq::bench {

Publisher::Publisher(RunState& run, ClientPlan plan, LoadThread& thread, std::uint32_t index,
                     std::string topic)
    : Client(run.options, std::move(plan), thread), run_(run), lane_(*run.lanes[index]), index_(index) {
  make_packet(topic);
  if (run.options.qos == mqtt::QoS::at_most_once) return;
  const std::uint32_t ids = run.options.window == 0 ? 65535 : run.options.window;
  for (std::uint32_t id = ids; id > 0; --id) free_ids_.push_back(static_cast<mqtt::PacketId>(id));
}

void Publisher::make_packet(const std::string& topic) {
  const std::string payload(run_.options.payload_bytes, '.');
  mqtt::Publish publish;
  publish.topic = topic;
  publish.payload = payload;
  publish.qos = run_.options.qos;
  const mqtt::PublishEncoder encoder(publish, run_.options.version);
  packet_.resize(encoder.size());
  packet_id_at_ = encoder.write(packet_.data());
  stamp_at_ = packet_.size() - payload.size();
}

void Publisher::pump(Nanos now) {
  bool any = false;
  while (may_send(now)) {
    send_one(now);
    any = true;
  }
  if (any) flush_later();
  if (run_.options.messages != 0 && next_ == run_.options.messages) thread().publisher_finished(*this);
}

void Publisher::handle_room() {
  thread().pump_later(*this);
}

bool Publisher::may_send(Nanos now) {
  const Options& o = run_.options;
  if (!sending_ || connection().output_bytes() > output_bytes_max) return false;
  if (o.messages != 0 && next_ == o.messages) return false;
  if (o.rate > 0 && next_due() > now) return false;
  if (o.qos != mqtt::QoS::at_most_once) {
    const std::size_t unacknowledged = (o.window == 0 ? 65535 : o.window) - free_ids_.size();
    if (free_ids_.empty() || unacknowledged >= receive_maximum()) return false;
  }
  return lane_.window == nullptr || lane_.window->open(next_);
}

void Publisher::send_one(Nanos now) {
  const std::size_t at = out().size();
  out().append(packet_);
  if (packet_id_at_ != 0) {
    const mqtt::PacketId id = free_ids_.back();
    free_ids_.pop_back();
    out()[at + packet_id_at_] = static_cast<char>(id >> 8);
    out()[at + packet_id_at_ + 1] = static_cast<char>(id & 0xFF);
  }
  Stamp{next_, now, index_, run_.run}.write(out().data() + at + stamp_at_);
  ++next_;
  ++thread().counters().published;
}

// Publishers with a rate do not beat together: each begins at its own part of the first interval.
Nanos Publisher::next_due() const {
  const double phase = static_cast<double>(index_) / static_cast<double>(run_.lanes.size());
  const double seconds = (static_cast<double>(next_) + phase) / run_.options.rate;
  return run_.started_at + static_cast<Nanos>(seconds * static_cast<double>(nanos_per_second));
}

bool Publisher::stop_sending() {
  return std::exchange(sending_, false);
}

void Publisher::handle_ack(const mqtt::Ack& ack) {
  switch (ack.type) {
    case mqtt::PacketType::pubrec:
      if (is_error(ack.reason)) {
        acknowledged(ack.packet_id);
      } else {
        send_ack(mqtt::PacketType::pubrel, ack.packet_id);
      }
      break;
    case mqtt::PacketType::puback:
    case mqtt::PacketType::pubcomp:
      acknowledged(ack.packet_id);
      break;
    default:
      break;
  }
}

void Publisher::acknowledged(mqtt::PacketId id) {
  free_ids_.push_back(id);
  Counters& counters = thread().counters();
  ++counters.acknowledged;
  counters.last_progress_at = thread().now();
  thread().pump_later(*this);
}

}  // namespace meshmq::bench
