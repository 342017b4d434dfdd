#include "broker/flapping.hpp"

#include <chrono>

namespace meshmq::broker {

bool Flapping::ended(FlappingClient& client, TimePoint now) {
  Count& count = counts_[client.client_id];
  if (count.count == 0 || now - count.since > policy_.window) count = {now, 0};
  if (++count.count < policy_.count_max) return false;
  client.count = count.count;
  client.within = now - count.since;
  counts_.erase(client.client_id);
  return true;
}

void Flapping::tick(TimePoint now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + policy_.window;
  std::erase_if(counts_, [&](const auto& item) { return now - item.second.since > policy_.window; });
}

}  // namespace meshmq::broker
