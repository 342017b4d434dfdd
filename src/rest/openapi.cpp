#include "rest/openapi.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "rest/route.hpp"
#include "rest/schema.hpp"

namespace meshmq::rest {

namespace {

using Members = std::vector<std::pair<std::string, Json>>;

Json of_type(std::string_view type) {
  return Json::raw(schema_of(type));
}

/// `:node` -> `{node}`; the names go to `params`.
std::string template_of(const std::string& path, std::vector<std::string>& params) {
  std::string result;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != ':') {
      result += path[i];
      continue;
    }
    const std::size_t end = std::min(path.find('/', i), path.size());
    params.push_back(path.substr(i + 1, end - i - 1));
    result += "{" + params.back() + "}";
    i = end - 1;
  }
  return result;
}

Json parameters_of(const Route& route, const std::vector<std::string>& in_path) {
  std::vector<Json> list;
  for (const std::string& name : in_path) {
    list.push_back(
        Json::object({{"name", name}, {"in", "path"}, {"required", true}, {"schema", of_type("string")}}));
  }
  for (const Parameter& parameter : route.query) {
    list.push_back(Json::object({{"name", parameter.name},
                                 {"in", "query"},
                                 {"description", parameter.help},
                                 {"schema", of_type(parameter.type)}}));
  }
  return Json::array(list);
}

Json meta_schema(Meta meta) {
  Members members;
  std::vector<std::string> required;
  if (meta != Meta::nodes) {
    for (const char* name : {"page", "limit", "count"}) {
      members.emplace_back(name, of_type("integer"));
      required.emplace_back(name);
    }
  }
  if (meta == Meta::more) {
    members.emplace_back("hasnext", of_type("boolean"));
    required.emplace_back("hasnext");
  }
  members.emplace_back("unanswered", of_type("[string]"));
  return Json::object({{"type", "object"},
                       {"properties", Json::object(members)},
                       {"required", Json::strings(required)},
                       {"additionalProperties", false}});
}

/// Done, or a failure: both have status 200 as in EMQ X 4.3.
Json envelope(const Route& route) {
  Members members = {{"code", Json::object({{"const", 0}})}};
  std::vector<std::string> required = {"code"};
  if (!route.data.empty()) {
    members.emplace_back("data", of_type(route.data));
    members.emplace_back("meta", meta_schema(route.meta));
    required.emplace_back("data");
    if (route.meta != Meta::nodes) required.emplace_back("meta");
  }
  const Json done = Json::object({{"type", "object"},
                                  {"properties", Json::object(members)},
                                  {"required", Json::strings(required)},
                                  {"additionalProperties", false}});
  return Json::object({{"oneOf", Json::array({done, of_type("Failure")})}});
}

Json content(std::string_view media, const Json& schema) {
  return Json::object({{std::string(media), Json::object({{"schema", schema}})}});
}

Json answers_of(const Route& route) {
  Json schema = route.media.empty() ? envelope(route) : of_type("string");
  if (route.media == "application/json") schema = of_type("any");
  const std::string_view media = route.media.empty() ? "application/json" : route.media;
  Members answers = {{"200", Json::object({{"description", route.help},
                                           {"content", content(media.substr(0, media.find(';')), schema)}})}};
  if (route.credentials == Credentials::needed)
    answers.emplace_back("401", Json::object({{"description", "Credentials are missing or wrong"}}));
  return Json::object(answers);
}

Json operation_of(const Route& route, const std::vector<std::string>& in_path) {
  Members members = {{"operationId", route.name},
                     {"summary", route.help},
                     {"parameters", parameters_of(route, in_path)},
                     {"responses", answers_of(route)}};
  if (!route.body.empty()) {
    members.emplace_back(
        "requestBody",
        Json::object({{"required", true}, {"content", content("application/json", of_type(route.body))}}));
  }
  if (route.credentials == Credentials::none) members.emplace_back("security", Json::array({}));
  return Json::object(members);
}

std::string small(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

Json paths() {
  std::vector<std::string> order;
  std::map<std::string, Members> by_path;
  for (const Route* route : all_routes()) {
    std::vector<std::string> params;
    const std::string path = template_of(full_path(*route), params);
    if (!by_path.contains(path)) order.push_back(path);
    by_path[path].emplace_back(small(route->method), operation_of(*route, params));
  }
  Members members;
  for (const std::string& path : order) members.emplace_back(path, Json::object(by_path[path]));
  return Json::object(members);
}

Json components() {
  Members schemas;
  for (const Shape& shape : shapes()) schemas.emplace_back(shape.name, Json::raw(schema_of(shape)));
  constexpr Field failure[] = {{"code", "integer", "EMQ X 4.3's number"}, {"message", "string", "Why"}};
  schemas.emplace_back("Failure", Json::raw(schema_of(Shape{"Failure", "What was not done", failure})));
  const Json basic = Json::object(
      {{"type", "http"}, {"scheme", "basic"}, {"description", "An application's id and its secret"}});
  const Json bearer = Json::object(
      {{"type", "http"}, {"scheme", "bearer"}, {"description", "The token of a login, POST /api/v4/auth"}});
  return Json::object({{"schemas", Json::object(schemas)},
                       {"securitySchemes", Json::object({{"basic", basic}, {"bearer", bearer}})}});
}

std::string line_of(const Route& route) {
  std::string text =
      "| " + std::string(route.method) + " | `" + full_path(route) + "` | " + std::string(route.help);
  if (!route.query.empty()) {
    text += "; parameters";
    for (const Parameter& parameter : route.query) text += " `" + std::string(parameter.name) + "`";
  }
  const auto type = [](std::string_view name) {
    std::string cell = name.empty() ? "" : "`" + std::string(name) + "`";
    // A bar would begin another column.
    if (const std::size_t bar = cell.find('|'); bar != std::string::npos) cell.replace(bar, 1, "` or `");
    return cell;
  };
  const std::string data = route.media.empty() ? type(route.data) : std::string(route.media);
  return text + " | " + type(route.body) + " | " + data + " |\n";
}

}  // namespace

std::string openapi(std::string_view version) {
  return Json::object({{"openapi", "3.1.0"},
                       {"info", Json::object({{"title", "MeshMQ"}, {"version", version}})},
                       {"security", Json::array({Json::object({{"basic", Json::array({})}}),
                                                 Json::object({{"bearer", Json::array({})}})})},
                       {"paths", paths()},
                       {"components", components()}})
      .text();
}

std::string describe_routes() {
  std::string text = "| method | path | meaning | body | data |\n|---|---|---|---|---|\n";
  for (const Route* route : all_routes()) text += line_of(*route);
  text += "\n";
  for (const Shape& shape : shapes()) {
    text += "### " + std::string(shape.name) + "\n\n" + std::string(shape.help) + ".\n\n";
    text += "| member | type | meaning |\n|---|---|---|\n";
    for (const Field& field : shape.fields) {
      std::string type(field.type);
      if (const std::size_t bar = type.find('|'); bar != std::string::npos) type.replace(bar, 1, " or ");
      text += "| `" + std::string(field.name) + "` | " + type + (field.optional ? ", may be missing" : "") +
              " | " + std::string(field.help) + " |\n";
    }
    text += "\n";
  }
  return text;
}

}  // namespace meshmq::rest
