#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace meshmq {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace meshmq
