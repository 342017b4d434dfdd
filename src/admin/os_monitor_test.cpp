#include "admin/os_monitor.hpp"

#include <gtest/gtest.h>

#include "admin/desk_harness.hpp"

namespace meshmq::admin {
namespace {

using namespace std::chrono_literals;

class OsMonitorTest : public testing::DeskTest {
 protected:
  /// A minute in which the processors are busy for so many percent.
  void minute(unsigned busy) {
    pass(60s);
    load_.cpu_ticks += 1000;
    load_.cpu_busy_ticks += busy * 10;
    monitor_.tick(now_);
  }
  /// Names and messages of what lasts.
  std::string alarms() {
    std::string text;
    for (const node::Alarm& alarm : control_->alarms().active())
      text += alarm.name + ": " + alarm.message + "\n";
    return text;
  }

  OsMonitor monitor_{*this, control_->alarms(), {}};
};

TEST_F(OsMonitorTest, BusyProcessorsRaiseAnAlarmUntilTheyAreClearlyLessBusy) {
  monitor_.tick(now_);
  minute(80);
  EXPECT_EQ(alarms(), "");
  minute(95);
  EXPECT_EQ(alarms(), "high_cpu_usage: 95% cpu usage\n");
  EXPECT_EQ(control_->alarms().active().front().details.text(),
            R"({"high_watermark":80,"low_watermark":60,"usage":95})");
  minute(70);
  EXPECT_EQ(alarms(), "high_cpu_usage: 95% cpu usage\n");
  minute(59);
  EXPECT_EQ(alarms(), "");
}

TEST_F(OsMonitorTest, LittleMemoryLeftRaisesAnAlarm) {
  load_.memory_bytes = 1000;
  load_.memory_available_bytes = 300;
  minute(0);
  EXPECT_EQ(alarms(), "");
  load_.memory_available_bytes = 299;
  minute(0);
  EXPECT_EQ(alarms(), "high_system_memory_usage: System memory usage is higher than 70%\n");
  load_.memory_available_bytes = 300;
  minute(0);
  EXPECT_EQ(alarms(), "");
}

TEST_F(OsMonitorTest, LooksOncePerInterval) {
  monitor_.tick(now_);
  load_.cpu_ticks = load_.cpu_busy_ticks = 1000;
  pass(59s);
  monitor_.tick(now_);
  EXPECT_EQ(alarms(), "");
  pass(1s);
  monitor_.tick(now_);
  EXPECT_EQ(alarms(), "high_cpu_usage: 100% cpu usage\n");
}

TEST_F(OsMonitorTest, AMachineThatTellsNothingRaisesNothing) {
  for (int i = 0; i < 3; ++i) {
    pass(60s);
    monitor_.tick(now_);
  }
  EXPECT_EQ(alarms(), "");
}

TEST_F(OsMonitorTest, AFullListenerRaisesAnAlarmOfItsOwn) {
  listeners_ = {{.id = "mqtt:tcp:external",
                 .listen_on = "",
                 .connections_max = 100,
                 .connections = 95,
                 .shutdown_counts = {}},
                {.id = "mqtt:tcp:internal",
                 .listen_on = "",
                 .connections_max = 100,
                 .connections = 96,
                 .shutdown_counts = {}}};
  minute(0);
  EXPECT_EQ(alarms(),
            "listener_full/mqtt:tcp:internal: 96% of the connections that the listener takes are there "
            "(max_connections)\n");
  listeners_.pop_back();
  minute(0);
  EXPECT_EQ(alarms(), "") << "it was stopped";
}

TEST_F(OsMonitorTest, ManyDescriptorsAndAProcessThatNeedsTheMachinesMemory) {
  load_.memory_bytes = load_.memory_available_bytes = 1000;
  runtime_.resident_bytes = 601;
  runtime_.descriptors = 81;
  runtime_.descriptors_max = 100;
  minute(0);
  EXPECT_EQ(alarms(),
            "high_process_memory_usage: 60.1% of the machine's memory is used by the process\n"
            "too_many_descriptors: 81% of the descriptors that the process may have are open (ulimit -n)\n");
  runtime_ = {};
  runtime_.descriptors_max = 100;
  minute(0);
  EXPECT_EQ(alarms(), "");
}

}  // namespace
}  // namespace meshmq::admin
