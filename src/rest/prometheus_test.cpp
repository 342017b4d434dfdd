#include "rest/prometheus.hpp"

#include <gtest/gtest.h>

namespace meshmq::rest {
namespace {

Histogram lag() {
  Histogram values;
  values.add(200);
  values.add(2'000, 2);
  values.add(100'000'000);
  return values;
}

Exposed example() {
  return {.node = "n\"1@h",
          .version = "1.2.3",
          .counters = {{"messages.received", 7}},
          .sizes = {{"connections.count", 2}, {"connections.max", 5}},
          .control = {},
          .cluster = {.running_nodes = {"a", "b"}, .stopped_nodes = {"c"}},
          .alarms = 1,
          .listeners = {{"mqtt:tcp:external", "0.0.0.0:1883", 8, 100, 2, {{"normal", 4}}}},
          .runtime = {},
          .system = {},
          .cpu_use = 12.5,
          .times = {},
          .route_lag = lag(),
          .uptime = Duration(1500)};
}

void expect_lines(const std::string& text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    EXPECT_NE(text.find(line + "\n"), std::string::npos) << line << "\n in \n" << text;
}

TEST(PrometheusTest, OwnNames) {
  expect_lines(
      exposition(example(), PrometheusNames::own),
      {"# TYPE meshmq_messages_received_total counter", R"(meshmq_messages_received_total{node="n\"1@h"} 7)",
       "# TYPE meshmq_connections gauge", R"(meshmq_connections{node="n\"1@h"} 2)",
       R"(meshmq_connections_max{node="n\"1@h"} 5)",
       R"(meshmq_cluster_nodes{node="n\"1@h",state="running"} 2)",
       R"(meshmq_listener_connections{node="n\"1@h",listener="mqtt:tcp:external"} 2)",
       R"(meshmq_listener_shutdowns_total{node="n\"1@h",listener="mqtt:tcp:external",reason="normal"} 4)",
       R"(meshmq_build_info{node="n\"1@h",version="1.2.3"} 1)", R"(meshmq_uptime_seconds{node="n\"1@h"} 1.5)",
       "# TYPE meshmq_route_lag_seconds histogram",
       R"(meshmq_route_lag_seconds_bucket{node="n\"1@h",le="0.0001"} 0)",
       R"(meshmq_route_lag_seconds_bucket{node="n\"1@h",le="0.00025"} 1)",
       R"(meshmq_route_lag_seconds_bucket{node="n\"1@h",le="0.0025"} 3)",
       R"(meshmq_route_lag_seconds_bucket{node="n\"1@h",le="60"} 3)",
       R"(meshmq_route_lag_seconds_bucket{node="n\"1@h",le="+Inf"} 4)",
       R"(meshmq_route_lag_seconds_sum{node="n\"1@h"} 100.0042)",
       R"(meshmq_route_lag_seconds_count{node="n\"1@h"} 4)"});
}

TEST(PrometheusTest, EmqxNames) {
  const std::string text = exposition(example(), PrometheusNames::emqx);
  expect_lines(text,
               {"# TYPE emqx_messages_received counter", R"(emqx_messages_received{node="n\"1@h"} 7)",
                R"(emqx_connections_count{node="n\"1@h"} 2)", R"(emqx_connections_max{node="n\"1@h"} 5)",
                R"(emqx_vm_cpu_use{node="n\"1@h"} 12.5)", R"(emqx_vm_cpu_idle{node="n\"1@h"} 87.5)"});
  EXPECT_EQ(text.find("meshmq_"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::rest
