#pragma once
// The API's description, made from the table of routes.

#include <string>
#include <string_view>

namespace meshmq::rest {

/// As an OpenAPI 3.1 document.
std::string openapi(std::string_view version);
/// As Markdown, for docs/rest-api.md.
std::string describe_routes();

}  // namespace meshmq::rest
