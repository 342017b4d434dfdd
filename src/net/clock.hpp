#pragma once
// The one place where threads read the real time.

#include <cstdint>

#include "base/time.hpp"

namespace meshmq::net {

/// Both clocks, read now. Callable from any thread; costs two calls into the vDSO, so loops read it once per
/// turn.
Now read_clock();
/// Microseconds since an arbitrary start, for what takes less than a millisecond.
std::uint64_t monotonic_us();
/// The same; `mono_us` becomes the monotonic one in microseconds.
Now read_clock_finely(std::uint64_t& mono_us);

}  // namespace meshmq::net
