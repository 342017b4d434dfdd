#pragma once
// Counts what a test program allocates. Linked into tests only; replaces the global operator new.

#include <cstddef>

namespace meshmq::mqtt::testing {

/// Allocations since the program started.
std::size_t allocation_count();

}  // namespace meshmq::mqtt::testing
