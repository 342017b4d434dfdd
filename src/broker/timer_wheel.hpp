#pragma once
// When to look at which connection again: keep-alive, CONNECT's deadline, retries.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "broker/ports.hpp"

namespace meshmq::broker {

/// Buckets of half a second, one link of 12 bytes per connection instead of a timer object. A connection is
/// armed for one moment; who is found due computes his next one from what happened meanwhile, so that traffic
/// itself touches no timer. Never early; late by at most one bucket plus the time between two calls of
/// expire(). Moments beyond the horizon of 128 s are found due at the horizon and armed again. Thread rule:
/// one owner.
class TimerWheel {
 public:
  /// Arms or re-arms.
  void arm(ConnId conn, TimePoint at, TimePoint now);
  /// Arms unless it is already armed for that moment or an earlier one.
  void arm_no_later(ConnId conn, TimePoint at, TimePoint now);
  void disarm(ConnId conn);
  /// Appends the connections that are due, disarmed, to `due`.
  void expire(TimePoint now, std::vector<ConnId>& due);

 private:
  static constexpr std::size_t bucket_count = 256;
  static constexpr Duration bucket_width{500};
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  static constexpr std::uint16_t unarmed = 0xFFFF;

  struct Link {
    std::uint32_t previous = none;
    std::uint32_t next = none;
    std::uint16_t bucket = unarmed;
  };
  struct Bucket {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };

  std::uint16_t bucket_of(TimePoint at, TimePoint now);
  /// Buckets from now on; the nearest one that may be used is 1.
  std::uint16_t distance(std::uint16_t bucket) const;
  void link(std::uint32_t index, std::uint16_t bucket);
  void unlink(std::uint32_t index);

  std::vector<Link> links_;  ///< by ConnId
  std::array<Bucket, bucket_count> buckets_;
  std::int64_t current_ = 0;  ///< the newest bucket that has been emptied, counted from the start of time
  bool started_ = false;
};

}  // namespace meshmq::broker
