#include "rest/schema.hpp"

#include <utility>
#include <vector>

#include "base/json.hpp"

namespace meshmq::rest {

namespace {

Json plain_type(std::string_view type) {
  return Json::object({{"type", type}});
}

Json convert(std::string_view type);

Json one_of(std::string_view type) {
  std::vector<Json> choices;
  while (!type.empty()) {
    const std::size_t bar = std::min(type.find('|'), type.size());
    choices.push_back(convert(type.substr(0, bar)));
    type.remove_prefix(std::min(bar + 1, type.size()));
  }
  return Json::object({{"anyOf", Json::array(choices)}});
}

Json convert(std::string_view type) {
  if (type.starts_with('[')) {
    return Json::object({{"type", "array"}, {"items", convert(type.substr(1, type.size() - 2))}});
  }
  if (type.find('|') != std::string_view::npos) return one_of(type);
  if (type == "any") return Json::object({});
  if (type == "counters")
    return Json::object({{"type", "object"}, {"additionalProperties", plain_type("integer")}});
  const char first = type.empty() ? 'a' : type[0];
  if (first >= 'A' && first <= 'Z')
    return Json::object({{"$ref", "#/components/schemas/" + std::string(type)}});
  return plain_type(type);
}

}  // namespace

std::string schema_of(std::string_view type) {
  return convert(type).text();
}

std::string schema_of(const Shape& shape) {
  std::vector<std::pair<std::string, Json>> properties;
  std::vector<std::string> required;
  for (const Field& field : shape.fields) {
    Json schema = convert(field.type);
    // A description may stand beside a reference since OpenAPI 3.1.
    if (!field.help.empty()) {
      std::string text = schema.text();
      text.pop_back();
      text += text.size() > 1 ? "," : "";
      schema = Json::raw(text + "\"description\":" + Json(field.help).text() + "}");
    }
    properties.emplace_back(field.name, std::move(schema));
    if (!field.optional) required.emplace_back(field.name);
  }
  return Json::object({{"type", "object"},
                       {"description", shape.help},
                       {"properties", Json::object(properties)},
                       {"required", Json::strings(required)},
                       {"additionalProperties", false}})
      .text();
}

}  // namespace meshmq::rest
