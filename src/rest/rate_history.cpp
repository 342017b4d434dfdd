#include "rest/rate_history.hpp"

#include <algorithm>
#include <cmath>

namespace meshmq::rest {

namespace {

std::int64_t step_of(TimePoint at) {
  return at.time_since_epoch() / RateHistory::interval;
}

/// A counter that was set back has no rate.
float per_second(std::uint64_t now, std::uint64_t before, Duration time) {
  if (now < before) return 0;
  return static_cast<float>(static_cast<double>(now - before) * 1000 / static_cast<double>(time.count()));
}

RatePoint between(const Figures& before, const Figures& now, Duration time) {
  const auto size = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto rate = [&](std::uint64_t Figures::*counter) {
    return per_second(now.*counter, before.*counter, time);
  };
  return {.connections = size(now.connections),
          .subscriptions = size(now.subscriptions),
          .topics = size(now.topics),
          .received = rate(&Figures::received),
          .sent = rate(&Figures::sent),
          .dropped = rate(&Figures::dropped),
          .forwarded = rate(&Figures::forwarded),
          .bytes_received = rate(&Figures::bytes_received),
          .bytes_sent = rate(&Figures::bytes_sent)};
}

}  // namespace

void RateHistory::record(const Figures& figures, TimePoint at) {
  const std::int64_t step = step_of(at);
  if (last_ && step <= step_of(last_at_)) return;
  if (last_) entries_.push_back({step, between(*last_, figures, at - last_at_)});
  last_ = figures;
  last_at_ = at;
  while (!entries_.empty() && entries_.front().step + static_cast<std::int64_t>(points_max) <= step)
    entries_.pop_front();
}

std::vector<std::optional<RatePoint>> RateHistory::points(TimePoint now) const {
  const std::int64_t step = step_of(now);
  const std::int64_t oldest = step - static_cast<std::int64_t>(points_max) + 1;
  std::vector<std::optional<RatePoint>> result;
  for (const Entry& entry : entries_) {
    if (entry.step < oldest) continue;
    // The list begins with the first point that is known.
    if (result.empty()) result.resize(static_cast<std::size_t>(step - entry.step) + 1);
    result[result.size() - 1 - static_cast<std::size_t>(step - entry.step)] = entry.point;
  }
  return result;
}

Json to_json(const std::string& node, const std::vector<std::optional<RatePoint>>& points) {
  std::vector<std::pair<std::string, Json>> members = {{"node", node}};
  const auto add = [&](const char* name, auto RatePoint::*member) {
    members.emplace_back(name, Json::array(points, [&](const std::optional<RatePoint>& point) {
                           if (!point) return Json();
                           // Ten bytes for each point are enough.
                           return Json(std::round(static_cast<double>((*point).*member) * 10) / 10);
                         }));
  };
  add("connections", &RatePoint::connections);
  add("subscriptions", &RatePoint::subscriptions);
  add("topics", &RatePoint::topics);
  add("received", &RatePoint::received);
  add("sent", &RatePoint::sent);
  add("dropped", &RatePoint::dropped);
  add("forwarded", &RatePoint::forwarded);
  add("bytes_received", &RatePoint::bytes_received);
  add("bytes_sent", &RatePoint::bytes_sent);
  return Json::object(members);
}

}  // namespace meshmq::rest
