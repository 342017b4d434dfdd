#pragma once
// Seeded randomness, handed in like time: the same seed gives the same run.

#include <cstdint>

namespace meshmq {

/// splitmix64. Not for secrets: cookies' challenges and the like come from the shell.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound); 0 for bound 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

  /// True with the given probability in percent.
  bool percent(unsigned probability) { return below(100) < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace meshmq
