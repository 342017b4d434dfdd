#include "bench/meshmq_bench/subscriber.hpp"

#include <utility>

#include "bench/meshmq_bench/load_thread.hpp"
#include "bench/meshmq_bench/publisher.hpp"
#include "bench/meshmq_bench/stamp.hpp"

namespace meshmq::bench {

Subscriber::Subscriber(RunState& run, ClientPlan plan, LoadThread& thread, std::uint32_t first,
                       std::uint32_t publishers)
    : Client(run.options, std::move(plan), thread), run_(run), first_(first), checks_(publishers) {}

void Subscriber::handle_publish(const mqtt::Publish& publish) {
  count(publish);
  if (publish.qos == mqtt::QoS::at_least_once) send_ack(mqtt::PacketType::puback, publish.packet_id);
  if (publish.qos == mqtt::QoS::exactly_once) send_ack(mqtt::PacketType::pubrec, publish.packet_id);
}

void Subscriber::handle_ack(const mqtt::Ack& ack) {
  if (ack.type == mqtt::PacketType::pubrel) send_ack(mqtt::PacketType::pubcomp, ack.packet_id);
}

void Subscriber::count(const mqtt::Publish& publish) {
  Counters& counters = thread().counters();
  Stamp stamp;
  const bool ours = stamp.read(publish.payload) && stamp.run == run_.run && stamp.publisher >= first_ &&
                    stamp.publisher - first_ < checks_.size();
  if (!ours) {
    ++counters.foreign;
    return;
  }
  const SequenceCheck::Verdict verdict = check(stamp.publisher, stamp.sequence);
  if (verdict == SequenceCheck::Verdict::duplicate) {
    ++counters.duplicates;
    return;
  }
  if (verdict == SequenceCheck::Verdict::late) ++counters.late;
  const Nanos now = thread().now();
  thread().latencies().record(now > stamp.sent_at ? now - stamp.sent_at : 0);
  ++counters.delivered;
  counters.last_progress_at = now;
  Lane& lane = *run_.lanes[stamp.publisher];
  if (lane.window != nullptr && lane.window->received(stamp.sequence)) thread().window_moved(lane);
}

SequenceCheck::Verdict Subscriber::check(std::uint32_t publisher, std::uint64_t sequence) {
  if (!run_.options.shared) return checks_[publisher - first_].receive(sequence);
  Lane& lane = *run_.lanes[publisher];
  const std::lock_guard lock(lane.shared_mutex);
  const SequenceCheck::Verdict verdict = lane.shared_check.receive(sequence);
  // Which of the receivers reads first is chance, so order means nothing.
  return verdict == SequenceCheck::Verdict::late ? SequenceCheck::Verdict::in_order : verdict;
}

std::uint64_t Subscriber::lost() const {
  std::uint64_t lost = 0;
  if (run_.options.shared) return lost;
  for (std::uint32_t i = 0; i < checks_.size(); ++i) {
    lost += checks_[i].lost(run_.lanes[first_ + i]->publisher->published());
  }
  return lost;
}

}  // namespace meshmq::bench
