#include "base/json.hpp"

#include <fmt/format.h>

#include <cmath>

namespace meshmq {

std::string Json::quote(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;  // topics and client ids are valid UTF-8 [MQTT-1.5.4-1]
    }
  }
  return result + '"';
}

std::string Json::number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

}  // namespace meshmq
