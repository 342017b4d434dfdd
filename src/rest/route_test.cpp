#include "rest/route.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>

#include "rest/openapi.hpp"
#include "rest/schema.hpp"

namespace meshmq::rest {
namespace {

std::string found(const std::string& method, const std::string& path) {
  const Found hit = find_route(method, path);
  if (hit.route == nullptr) return hit.other_method ? "another method" : "nothing";
  std::string text(hit.route->name);
  for (const auto& [name, value] : hit.params) text.append(" ").append(name).append("=").append(value);
  return text;
}

TEST(RouteTest, PathsAreTakenApart) {
  EXPECT_EQ(found("GET", "/api/v4/nodes/n@h/clients/a%2Fb%20c"),
            "lookup_node_client clientid=a/b c node=n@h");
  EXPECT_EQ(found("GET", "/api/v4/clients/"), "list_clients");
  EXPECT_EQ(found("HEAD", "/api/v4/clients"), "list_clients");
  EXPECT_EQ(found("GET", "/api/v4"), "list_endpoints");
  EXPECT_EQ(found("GET", "/metrics"), "prometheus_metrics");
  EXPECT_EQ(found("GET", "/api/v4/metrics"), "list_all_metrics");
  EXPECT_EQ(found("PUT", "/api/v4/clients"), "another method");
  EXPECT_EQ(found("GET", "/api/v4/clients/%4"), "nothing");
  EXPECT_EQ(found("GET", "/api/v4/clients/%FF"), "nothing");
  EXPECT_EQ(found("GET", "/api/v4/clients//acl_cache"), "nothing");
  EXPECT_EQ(found("GET", "/api/v4/clientsx"), "nothing");
  EXPECT_EQ(found("GET", ""), "nothing");
}

TEST(RouteTest, ALiteralLevelComesBeforeAParameter) {
  EXPECT_EQ(found("GET", "/api/v4/cluster/heal-log"), "cluster_heal_log");
  EXPECT_EQ(found("GET", "/api/v4/clients/username/u"), "lookup_client_via_username username=u");
  EXPECT_EQ(found("DELETE", "/api/v4/cluster/n@h"), "cluster_remove_node node=n@h");
}

TEST(RouteTest, Queries) {
  EXPECT_EQ(parse_query("a=1&b=x%3D+y&&c"), (Params{{"a", "1"}, {"b", "x= y"}, {"c", ""}}));
  EXPECT_EQ(parse_query(""), Params());
  EXPECT_FALSE(parse_query("a=%zz"));
  EXPECT_FALSE(parse_query("a=%ff"));
}

TEST(RouteTest, EveryRowIsDescribed) {
  std::set<std::string> names;
  std::set<std::string> paths;
  for (const Route* route : all_routes()) {
    EXPECT_TRUE(names.insert(std::string(route->name)).second) << route->name;
    EXPECT_TRUE(paths.insert(std::string(route->method) + full_path(*route)).second) << full_path(*route);
    EXPECT_FALSE(route->help.empty()) << route->name;
    EXPECT_NE(route->run, nullptr);
  }
}

void check_references(const boost::json::value& value, const boost::json::object& schemas) {
  if (const auto* array = value.if_array()) {
    for (const auto& item : *array) check_references(item, schemas);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [name, item] : *object) {
      constexpr std::string_view prefix = "#/components/schemas/";
      if (name == "$ref") {
        EXPECT_TRUE(schemas.contains(std::string_view(item.as_string()).substr(prefix.size()))) << item;
      }
      check_references(item, schemas);
    }
  }
}

TEST(RouteTest, TheDocumentNamesOnlyShapesThatExist) {
  const auto document = boost::json::parse(openapi("1.2.3"));
  const auto& schemas = document.at_pointer("/components/schemas").as_object();
  check_references(document, schemas);
  EXPECT_EQ(document.at_pointer("/paths/~1api~1v4~1nodes~1{node}/get/operationId").as_string(), "get_node");
  std::string last;
  for (const Shape& shape : shapes()) {
    EXPECT_LT(last, shape.name);
    last = shape.name;
  }
}

}  // namespace
}  // namespace meshmq::rest
