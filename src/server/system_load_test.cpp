#include "server/system_load.hpp"

#include <gtest/gtest.h>

namespace meshmq::server {
namespace {

TEST(SystemLoad, IsReadFromWhatTheKernelSays) {
  const admin::SystemLoad load =
      parse_system_load("cpu  100 20 30 500 50 1 2 3 40 0\ncpu0 1 2 3 4\n",
                        "MemTotal:        2048 kB\nMemFree:          512 kB\nMemAvailable:    1024 kB\n");
  EXPECT_EQ(load.cpu_ticks, 706U);
  EXPECT_EQ(load.cpu_busy_ticks, 156U);
  EXPECT_EQ(load.memory_bytes, 2048U * 1024);
  EXPECT_EQ(load.memory_available_bytes, 1024U * 1024);
}

TEST(SystemLoad, OfSomethingElseIsNothing) {
  for (const char* text : {"", "cpu ", "cpu x y\n", "MemTotal: much\n"}) {
    const admin::SystemLoad load = parse_system_load(text, text);
    EXPECT_EQ(load.cpu_ticks + load.memory_bytes, 0U) << text;
  }
}

TEST(SystemLoad, OfThisMachineIsKnown) {
  const admin::SystemLoad load = read_system_load();
  EXPECT_GT(load.cpu_ticks, 0U);
  EXPECT_GE(load.cpu_ticks, load.cpu_busy_ticks);
  EXPECT_GT(load.memory_bytes, load.memory_available_bytes);
}

}  // namespace
}  // namespace meshmq::server
