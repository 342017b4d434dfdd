#pragma once
// Programmer errors: on in every build, never about input from outside the process.

namespace meshmq {

[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace meshmq

#define MESHMQ_ASSERT(condition, why)                                  \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::meshmq::assertion_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
