#include "discovery/k8s_objects.hpp"

#include <gtest/gtest.h>

namespace meshmq::discovery {
namespace {

constexpr const char* slices = R"({"kind":"EndpointSliceList","metadata":{"resourceVersion":"17"},"items":[
  {"metadata":{"name":"meshmq-a","resourceVersion":"5"},"addressType":"IPv4","endpoints":[
    {"addresses":["10.1.0.1"],"hostname":"meshmq-0","conditions":{"ready":true}},
    {"addresses":["10.1.0.2"],"conditions":{"ready":false}},
    {"addresses":["10.1.0.3"],"conditions":{"ready":false,"serving":true,"terminating":true}},
    {"addresses":[]}, {}, 7]},
  {"metadata":{"name":"meshmq-b","resourceVersion":"9"},"endpoints":null}]})";

constexpr const char* endpoints =
    R"({"kind":"Endpoints","metadata":{"name":"meshmq","resourceVersion":"3"},"subsets":[
  {"addresses":[{"ip":"10.1.0.1","hostname":"meshmq-0"}],"notReadyAddresses":[{"ip":"10.1.0.2"}],"ports":[]},
  {"addresses":[{"ip":"10.1.0.1","hostname":"meshmq-0"},{"hostname":"none"}]}]})";

TEST(K8sObjects, ListsEndpointSlices) {
  const auto list = parse_k8s_list(slices);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->version, "17");
  ASSERT_EQ(list->objects.size(), 2u);
  EXPECT_EQ(list->objects[0].name, "meshmq-a");
  const std::vector<K8sEndpoint> expected{{"10.1.0.1", "meshmq-0"}, {"10.1.0.2", ""}};
  EXPECT_EQ(list->objects[0].endpoints, expected) << "ready or not, but not those that go";
  EXPECT_TRUE(list->objects[1].endpoints.empty());
}

TEST(K8sObjects, ReadsOneEndpointsObject) {
  const auto list = parse_k8s_list(endpoints);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->version, "3");
  ASSERT_EQ(list->objects.size(), 1u);
  const std::vector<K8sEndpoint> expected{{"10.1.0.1", "meshmq-0"}, {"10.1.0.2", ""}};
  EXPECT_EQ(list->objects[0].endpoints, expected);
}

TEST(K8sObjects, RefusesWhatIsNone) {
  for (const char* body : {"", "[]", "7", "<html>", R"({"kind":"Status","metadata":{},"code":403})", "{}"}) {
    EXPECT_FALSE(parse_k8s_list(body).has_value()) << body;
  }
  EXPECT_TRUE(parse_k8s_list(R"({"metadata":{},"items":null})").has_value());
}

TEST(K8sObjects, ReadsWhatAWatchTells) {
  const auto changed = parse_k8s_event(
      R"({"type":"MODIFIED","object":{"metadata":{"name":"s","resourceVersion":"8"},
          "endpoints":[{"addresses":["fd00::1"]}]}})");
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->kind, K8sEvent::Kind::changed);
  EXPECT_EQ(changed->object.version, "8");
  EXPECT_EQ(changed->object.endpoints.at(0).ip, "fd00::1");
  EXPECT_EQ(parse_k8s_event(R"({"type":"DELETED","object":{"metadata":{"name":"s"}}})")->kind,
            K8sEvent::Kind::deleted);
  const auto bookmark =
      parse_k8s_event(R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"99"}}})");
  EXPECT_EQ(bookmark->kind, K8sEvent::Kind::bookmark);
  EXPECT_EQ(bookmark->object.version, "99");
  const auto gone = parse_k8s_event(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}})");
  EXPECT_EQ(gone->kind, K8sEvent::Kind::error);
  EXPECT_EQ(gone->code, 410);
  EXPECT_EQ(gone->message, "too old resource version");
  EXPECT_FALSE(parse_k8s_event("{}").has_value());
  EXPECT_FALSE(parse_k8s_event(R"({"type":"ADDED")").has_value());
}

TEST(K8sObjects, SaysWhatAStatusSays) {
  EXPECT_EQ(k8s_message(R"({"kind":"Status","message":"endpoints is forbidden"})"), "endpoints is forbidden");
  EXPECT_EQ(k8s_message("Bad\nGateway"), "Bad Gateway");
}

TEST(K8sObjects, NamesNodesAsEmqxDoes) {
  K8sNaming naming{.app = "mq", .address_type = "ip", .service = "svc", .ns = "ns", .suffix = "x.local"};
  const K8sEndpoint pod{"10.1.0.2", "mq-0"};
  EXPECT_EQ(k8s_node_name(naming, pod), "mq@10.1.0.2");
  naming.address_type = "dns";
  EXPECT_EQ(k8s_node_name(naming, pod), "mq@10-1-0-2.ns.x.local");
  EXPECT_EQ(k8s_node_name(naming, {"fd00::1", ""}), "mq@fd00--1.ns.x.local");
  naming.address_type = "hostname";
  EXPECT_EQ(k8s_node_name(naming, pod), "mq@mq-0.svc.ns.x.local");
  EXPECT_EQ(k8s_node_name(naming, {"10.1.0.2", ""}), "") << "no pod of a StatefulSet";
  naming.suffix.clear();
  EXPECT_EQ(k8s_node_name(naming, pod), "mq@mq-0");
  naming.address_type = "dns";
  EXPECT_EQ(k8s_node_name(naming, pod), "mq@10-1-0-2");
}

}  // namespace
}  // namespace meshmq::discovery
