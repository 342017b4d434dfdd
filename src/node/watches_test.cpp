#include "node/watches.hpp"

#include "node/control_harness.hpp"

namespace meshmq::node {
namespace {

using namespace std::chrono_literals;

class WatchesTest : public ControlTest {
 protected:
  Watches& watches() { return control->watches(); }
  Result<void> start(const std::string& name, Duration duration = 0ms) {
    return watches().start(name, {.kind = broker::TraceKind::client_id, .value = "joe"}, duration, now);
  }
  void pass(Duration time) {
    now.mono += time;
    now.wall += time.count();
  }
  /// Names of the traces that a worker was told last; "-" if it was told nothing.
  std::string told() {
    turns(1);
    std::string result = "-";
    for (const ToWorker& message : std::exchange(ports.workers[1], {})) {
      const auto* changed = std::get_if<WatchesChanged>(&message);
      if (changed == nullptr) continue;
      result.clear();
      for (const broker::Trace& trace : *changed->traces) result += trace.name + " ";
      for (const std::string& topic : *changed->topics) result += "topic:" + topic + " ";
    }
    return result;
  }
};

TEST_F(WatchesTest, TracesBeginAtOnceAndEndAtTheirTime) {
  told();
  ASSERT_TRUE(start("one", 60s));
  ASSERT_TRUE(start("two"));
  EXPECT_EQ(told(), "one two ");
  EXPECT_EQ(told(), "-");
  pass(60s);
  EXPECT_EQ(told(), "two ");
  EXPECT_EQ(watches().find("one")->status(now.wall), "stopped");
  pass(9min);
  EXPECT_EQ(told(), "");
  EXPECT_EQ(watches().names(), (std::vector<std::string>{"one", "two"})) << "what was written stays";
}

TEST_F(WatchesTest, TheyAreStoppedAndForgotten) {
  ASSERT_TRUE(start("one"));
  told();
  pass(1s);
  EXPECT_TRUE(watches().stop("one", now));
  EXPECT_EQ(told(), "");
  EXPECT_FALSE(watches().stop("one", now));
  EXPECT_FALSE(watches().stop("none", now));
  EXPECT_TRUE(watches().remove("one", now));
  EXPECT_FALSE(watches().remove("one", now));
  EXPECT_TRUE(watches().names().empty());
}

TEST_F(WatchesTest, TheirNumberTimeAndNamesHaveLimits) {
  const auto why = [&](const std::string& name, Duration duration = 0ms) {
    const auto started = start(name, duration);
    return started ? "ok" : started.error().message;
  };
  EXPECT_EQ(why("../etc"), "a trace's name has up to 64 letters, digits, _ and -");
  EXPECT_EQ(why(""), "a trace's name has up to 64 letters, digits, _ and -");
  EXPECT_EQ(why("long", 25h), "longer than 86400 s (trace.max_duration)");
  for (int i = 0; i < 30; ++i) EXPECT_EQ(why("t" + std::to_string(i)), "ok");
  EXPECT_EQ(why("t0"), "there is a trace t0");
  EXPECT_EQ(why("more"), "there are 30 traces (trace.max_traces)");
  EXPECT_EQ(
      watches().start("f", {.kind = broker::TraceKind::topic, .value = "a/#/b"}, 0ms, now).error().message,
      "not a topic filter: a/#/b");
}

TEST_F(WatchesTest, TopicsAreRegisteredOnce) {
  told();
  EXPECT_TRUE(watches().count_topic("x", now));
  EXPECT_EQ(watches().count_topic("x", now).error().message, "already existed");
  EXPECT_EQ(watches().count_topic("x/+", now).error().message, "not a topic name: x/+");
  EXPECT_EQ(told(), "topic:x ");
  EXPECT_EQ(watches().counted_topics().front(), (std::pair<std::string, WallMillis>("x", now.wall)));
  EXPECT_TRUE(watches().count_no_more("x", now));
  EXPECT_FALSE(watches().count_no_more("x", now));
  EXPECT_EQ(told(), "");
}

TEST(TraceRow, IsBytes) {
  const TraceRow written{broker::TraceKind::topic, "a/#", LogLevel::info, 1, 0x0102};
  const std::string bytes = written.encode();
  EXPECT_EQ(bytes, std::string("\2\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1\2\0\3a/#", 23));
  const auto read = TraceRow::decode(bytes + "later");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->encode(), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(TraceRow::decode(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(TraceRow::decode("\11" + bytes.substr(1))) << "of a later version";
}

}  // namespace
}  // namespace meshmq::node
