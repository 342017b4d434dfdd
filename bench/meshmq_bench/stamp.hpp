#pragma once
// The beginning of every payload: who sent it, which one it is, and when it left.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "bench/meshmq_bench/clock.hpp"

namespace meshmq::bench {

inline constexpr std::size_t stamp_bytes = 24;

/// In the byte order of the machine: one process reads what it wrote.
struct Stamp {
  std::uint64_t sequence = 0;
  Nanos sent_at = 0;
  std::uint32_t publisher = 0;
  std::uint32_t run = 0;  ///< tells leftovers of an earlier run

  void write(char* out) const {
    std::memcpy(out, &sequence, 8);
    std::memcpy(out + 8, &sent_at, 8);
    std::memcpy(out + 16, &publisher, 4);
    std::memcpy(out + 20, &run, 4);
  }
  /// False if the payload is too short to be ours.
  bool read(std::string_view payload) {
    if (payload.size() < stamp_bytes) return false;
    std::memcpy(&sequence, payload.data(), 8);
    std::memcpy(&sent_at, payload.data() + 8, 8);
    std::memcpy(&publisher, payload.data() + 16, 4);
    std::memcpy(&run, payload.data() + 20, 4);
    return true;
  }
};

}  // namespace meshmq::bench
