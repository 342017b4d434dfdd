#include "rest/body.hpp"

#include <boost/json/parse.hpp>
#include <utility>

namespace meshmq::rest {

namespace json = boost::json;

Result<std::shared_ptr<const json::value>> parse_body(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error) return meshmq::fail(Errc::malformed, error.message());
  return std::make_shared<const json::value>(std::move(value));
}

Body::Body(const json::value* value) : object_(value == nullptr ? nullptr : value->if_object()) {
  if (object_ == nullptr) fail(Code::bad_parameter, "the body must be a JSON object");
}

const json::value* Body::find(std::string_view name) const {
  return object_ == nullptr ? nullptr : object_->if_contains(name);
}

void Body::fail(Code code, std::string problem) {
  if (code_ != Code::ok) return;
  code_ = code;
  problem_ = std::move(problem);
}

std::string Body::text(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return {};
  if (const json::string* text = value->if_string()) return std::string(*text);
  fail(Code::bad_parameter, std::string(name) + " must be a string");
  return {};
}

std::string Body::needed(std::string_view name) {
  std::string result = text(name);
  if (result.empty()) fail(Code::missing_parameter, std::string(name) + " is missing");
  return result;
}

std::int64_t Body::integer(std::string_view name, std::int64_t otherwise, std::int64_t min,
                           std::int64_t max) {
  const json::value* value = find(name);
  if (value == nullptr) return otherwise;
  const std::int64_t* number = value->if_int64();
  if (number != nullptr && *number >= min && *number <= max) return *number;
  fail(Code::bad_parameter,
       std::string(name) + " must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return otherwise;
}

bool Body::boolean(std::string_view name, bool otherwise) {
  const json::value* value = find(name);
  if (value == nullptr) return otherwise;
  if (const bool* flag = value->if_bool()) return *flag;
  fail(Code::bad_parameter, std::string(name) + " must be true or false");
  return otherwise;
}

}  // namespace meshmq::rest
