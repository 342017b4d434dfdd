#pragma once
// Just enough JSON for answers to machines, events and small files of our own: written, never read.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshmq {

/// A value that is already text. Members of an object keep the order in which they were added.
class Json {
 public:
  Json() : text_("null") {}
  Json(std::string_view value) : text_(quote(value)) {}
  Json(const std::string& value) : text_(quote(value)) {}
  Json(const char* value) : text_(quote(value)) {}
  Json(std::same_as<bool> auto value) : text_(value ? "true" : "false") {}
  Json(std::integral auto value) requires(!std::same_as<decltype(value), bool>)
      : text_(std::to_string(value)) {}
  /// null if it is no number of JSON.
  Json(std::floating_point auto value) : text_(number(value)) {}

  static Json array(const std::vector<Json>& items) {
    Json result;
    result.text_ = "[";
    for (const Json& item : items) result.append(item.text_);
    result.text_ += ']';
    return result;
  }
  template <class Items, class Convert>
  static Json array(const Items& items, Convert&& convert) {
    std::vector<Json> converted;
    for (const auto& item : items) converted.push_back(convert(item));
    return array(converted);
  }
  static Json strings(const std::vector<std::string>& items) {
    return array(items, [](const std::string& item) { return Json(item); });
  }
  static Json object(const std::vector<std::pair<std::string, Json>>& members) {
    Json result;
    result.text_ = "{";
    for (const auto& [name, value] : members) result.append(quote(name) + ":" + value.text_);
    result.text_ += '}';
    return result;
  }

  /// Text that is JSON already.
  static Json raw(std::string text) {
    Json result;
    result.text_ = std::move(text);
    return result;
  }

  const std::string& text() const { return text_; }

 private:
  static std::string quote(std::string_view value);
  static std::string number(double value);
  void append(std::string_view item) {
    if (text_.size() > 1) text_ += ',';
    text_ += item;
  }

  std::string text_;
};

}  // namespace meshmq
