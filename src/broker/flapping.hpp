#pragma once
// Clients that come and go all the time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace meshmq::broker {

/// flapping_detect_policy: so many ends of connections within `window` are too many.
struct FlappingPolicy {
  std::uint32_t count_max = 30;
  Duration window = std::chrono::minutes(1);
  Duration ban = std::chrono::minutes(5);
};

/// A client that was too often here.
struct FlappingClient {
  std::string client_id{};
  std::string peername{};
  std::uint32_t count = 0;
  Duration within{0};
};

/// Counts by client id, whose connections all come to one worker. Holds those of the last window only.
/// Thread rule: one owner.
class Flapping {
 public:
  explicit Flapping(const FlappingPolicy& policy) : policy_(policy) {}

  /// A connection has ended. True: that was one too many, and counting begins anew; `client` is filled.
  bool ended(FlappingClient& client, TimePoint now);
  /// Forgets old ones.
  void tick(TimePoint now);
  std::size_t size() const { return counts_.size(); }

 private:
  struct Count {
    TimePoint since;
    std::uint32_t count = 0;
  };
  const FlappingPolicy& policy_;
  std::map<std::string, Count, std::less<>> counts_;
  TimePoint next_sweep_{};
};

}  // namespace meshmq::broker
