#pragma once
// How a node was in the last minutes, for charts that are full when somebody begins to look.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace meshmq::rest {

class Office;

/// Sizes of a moment, and counters since the start of the node.
struct Figures {
  std::uint64_t connections = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t topics = 0;
  std::uint64_t received = 0;  ///< messages; the next ones too
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
};

/// One point of each chart: the sizes, and the counters per second.
struct RatePoint {
  std::uint32_t connections = 0;
  std::uint32_t subscriptions = 0;
  std::uint32_t topics = 0;
  float received = 0;
  float sent = 0;
  float dropped = 0;
  float forwarded = 0;
  float bytes_received = 0;
  float bytes_sent = 0;
};

/// The last ten minutes in steps of five seconds: at most `points_max` points, 6 KB. Steps are those of the
/// monotonic clock, so that the points of several nodes stand beside each other whatever their calendars say.
/// Pure. Thread rule: one owner.
class RateHistory {
 public:
  static constexpr Duration interval = std::chrono::seconds(5);
  static constexpr std::size_t points_max = 120;

  /// Call once in each step; what comes twice is left out. The first call has no rates.
  void record(const Figures& figures, TimePoint at);
  /// The last one is of the step of `now`, each of the others one step older. Nothing: nobody knows.
  std::vector<std::optional<RatePoint>> points(TimePoint now) const;

 private:
  struct Entry {
    std::int64_t step;
    RatePoint point;
  };
  std::deque<Entry> entries_;
  std::optional<Figures> last_;
  TimePoint last_at_{};
};

/// `{"node":...,"connections":[5,5,null],...}`: a list for each chart, by the names that the live feed has.
Json to_json(const std::string& node, const std::vector<std::optional<RatePoint>>& points);

/// Asks the workers and notes it in the office's history; `office` must outlive the answers.
void record_rates(Office& office, Now now);

}  // namespace meshmq::rest
