#include "admin/formats.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "admin/status_format.hpp"

namespace meshmq::admin {
namespace {

std::vector<std::string> nodes(const std::string& before, int count) {
  std::vector<std::string> result;
  for (int i = 1; i <= count; ++i) result.push_back(before + std::to_string(i));
  return result;
}

// Expected texts here are what EMQ X 4.3.5, or Erlang's io:format("~p"), printed.

TEST(Status, FitsOnOneLineIfItIsShort) {
  EXPECT_EQ(format_status({{"emqx1@127.0.0.1"}, {}}),
            "Cluster status: #{running_nodes => ['emqx1@127.0.0.1'],stopped_nodes => []}\n");
}

TEST(Status, BreaksBetweenTheLists) {
  EXPECT_EQ(format_status({{"emqx1@127.0.0.1", "emqx2@127.0.0.1"}, {}}),
            "Cluster status: #{running_nodes => ['emqx1@127.0.0.1','emqx2@127.0.0.1'],\n"
            "                  stopped_nodes => []}\n");
  EXPECT_EQ(format_status({{"emqx1@127.0.0.1"}, {"emqx2@127.0.0.1"}}),
            "Cluster status: #{running_nodes => ['emqx1@127.0.0.1'],\n"
            "                  stopped_nodes => ['emqx2@127.0.0.1']}\n");
}

TEST(Status, PutsALongListOnALineOfItsOwn) {
  EXPECT_EQ(format_status({{"emqx1@127.0.0.1", "emqx2@127.0.0.1", "emqx3@127.0.0.1"}, {}}),
            "Cluster status: #{running_nodes =>\n"
            "                      ['emqx1@127.0.0.1','emqx2@127.0.0.1','emqx3@127.0.0.1'],\n"
            "                  stopped_nodes => []}\n");
  EXPECT_EQ(format_status({{"emqx128@192.168.40.128", "emqx129@192.168.40.129"}, {}}),
            "Cluster status: #{running_nodes =>\n"
            "                      ['emqx128@192.168.40.128','emqx129@192.168.40.129'],\n"
            "                  stopped_nodes => []}\n");
}

TEST(Status, WrapsWhatIsLongerThanALine) {
  EXPECT_EQ(format_status({nodes("meshmq@10.77.0.", 5), nodes("meshmq@10.77.1.", 4)}),
            "Cluster status: #{running_nodes =>\n"
            "                      ['meshmq@10.77.0.1','meshmq@10.77.0.2',\n"
            "                       'meshmq@10.77.0.3','meshmq@10.77.0.4',\n"
            "                       'meshmq@10.77.0.5'],\n"
            "                  stopped_nodes =>\n"
            "                      ['meshmq@10.77.1.1','meshmq@10.77.1.2',\n"
            "                       'meshmq@10.77.1.3','meshmq@10.77.1.4']}\n");
}

TEST(Status, CountsColumnsAsErlangDoes) {
  // 62 columns of text fit on the line, 63 do not; names without capitals and dots need no quotes.
  EXPECT_EQ(format_status({{"a@" + std::string(18, '1')}, {}}),
            "Cluster status: #{running_nodes => [a@111111111111111111],stopped_nodes => []}\n");
  EXPECT_EQ(format_status({{"a@" + std::string(19, '1')}, {}}),
            "Cluster status: #{running_nodes => [a@1111111111111111111],\n"
            "                  stopped_nodes => []}\n");
  EXPECT_EQ(format_status({{"a@" + std::string(39, '1')}, {}}),
            "Cluster status: #{running_nodes => [a@111111111111111111111111111111111111111],\n"
            "                  stopped_nodes => []}\n");
  EXPECT_EQ(format_status({{"a@" + std::string(40, '1')}, {}}),
            "Cluster status: #{running_nodes =>\n"
            "                      [a@1111111111111111111111111111111111111111],\n"
            "                  stopped_nodes => []}\n");
}

TEST(Client, IsOneLine) {
  broker::ClientInfo client{
      .client_id = "sub-a",
      .username = "alice",
      .peername = "127.0.0.1:39168",
      .clean_start = true,
      .keepalive_s = 60,
      .subscriptions = 3,
      .connected = true,
      .created_at = 1795433885630,
      .connected_at = 1795433885629,
      .traffic = {.packets_received = 5, .publishes_received = 2, .publishes_sent = 4, .others_sent = 3}};
  EXPECT_EQ(format_client(client),
            "Client(sub-a, username=alice, peername=127.0.0.1:39168, clean_start=true, keepalive=60, "
            "session_expiry_interval=0, subscriptions=3, inflight=0, awaiting_rel=0, delivered_msgs=4, "
            "enqueued_msgs=0, "
            "dropped_msgs=0, connected=true, created_at=1795433885630, connected_at=1795433885629)\n");
  const auto json = client_json(client).text();
  EXPECT_NE(json.find(R"("recv_pkt":5,"recv_msg":2,"send_pkt":7,"send_msg":4)"), std::string::npos) << json;
  EXPECT_EQ(json.find("_oct"), std::string::npos) << "no socket";
  client.socket = {.bytes_received = 46, .reads = 6, .bytes_sent = 67, .writes = 3};
  EXPECT_NE(client_json(client).text().find(R"("recv_oct":46,"recv_cnt":6,"send_oct":67,"send_cnt":3)"),
            std::string::npos);
  client = {.client_id = "sub-p",
            .username = "",
            .peername = "127.0.0.1:56018",
            .clean_start = false,
            .keepalive_s = 60,
            .session_expiry_interval_s = 7200,
            .subscriptions = 1,
            .created_at = 1795433885631,
            .connected_at = 1795433885631,
            .disconnected_at = 1795433887628};
  EXPECT_EQ(format_client(client),
            "Client(sub-p, username=undefined, peername=127.0.0.1:56018, clean_start=false, keepalive=60, "
            "session_expiry_interval=7200, subscriptions=1, inflight=0, awaiting_rel=0, delivered_msgs=0, "
            "enqueued_msgs=0, dropped_msgs=0, connected=false, created_at=1795433885631, "
            "connected_at=1795433885631, "
            "disconnected_at=1795433887628)\n");
}

TEST(Usage, StandsInTwoColumns) {
  const UsageLine lines[] = {{"cluster join <Node>", "Join the cluster"},
                             {"cluster leave", "Leave the cluster"}};
  EXPECT_EQ(format_usage(lines),
            "cluster join <Node>                                                   # Join the cluster\n"
            "cluster leave                                                         # Leave the cluster\n");
}

TEST(Counters, AreSortedAndInColumns) {
  EXPECT_EQ(
      format_counters({{"messages.forward", 2}, {"bytes.sent", 145}, {"messages.dropped.no_subscribers", 0}}),
      "bytes.sent                    : 145\n"
      "messages.dropped.no_subscriber: 0\n"
      "messages.forward              : 2\n");
}

TEST(Uptime, GrowsWithItsUnits) {
  using namespace std::chrono_literals;
  EXPECT_EQ(format_uptime(2s), "2 seconds");
  EXPECT_EQ(format_uptime(4min + 30s), "4 minutes, 30 seconds");
  EXPECT_EQ(format_uptime(4h + 21min + 19s), "4 hours, 21 minutes, 19 seconds");
  EXPECT_EQ(format_uptime(49h), "2 days, 1 hours, 0 minutes, 0 seconds");
}

TEST(Datetime, IsLocal) {
  const char* before = std::getenv("TZ");
  const std::string saved = before == nullptr ? "" : before;
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  const std::string text = format_datetime(1627481739528);
  before == nullptr ? unsetenv("TZ") : setenv("TZ", saved.c_str(), 1);
  tzset();
  // Without a time zone database the C library counts in UTC.
  EXPECT_TRUE(text == "2021-07-28 16:15:39" || text == "2021-07-28 14:15:39") << text;
}

TEST(Listener, IsAParagraph) {
  const ListenerInfo listener{.id = "mqtt:tcp:external",
                              .listen_on = "127.0.0.1:22881",
                              .acceptors = 8,
                              .connections_max = 1024000,
                              .connections = 3,
                              .shutdown_counts = {{"normal", 4}, {"kicked", 1}}};
  EXPECT_EQ(format_listener(listener),
            "mqtt:tcp:external\n"
            "  listen_on       : 127.0.0.1:22881\n"
            "  acceptors       : 8\n"
            "  max_conns       : 1024000\n"
            "  current_conn    : 3\n"
            "  shutdown_count  : [{normal,4},{kicked,1}]\n");
}

}  // namespace
}  // namespace meshmq::admin
