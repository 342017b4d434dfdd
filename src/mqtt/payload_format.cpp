#include "mqtt/payload_format.hpp"

#include <algorithm>

#include "mqtt/properties.hpp"
#include "mqtt/utf8.hpp"

namespace meshmq::mqtt {

bool keeps_payload_format(std::string_view properties, std::string_view payload) {
  const auto indicator = PropertyList(properties).find(PropertyId::payload_format_indicator);
  if (!indicator || indicator->number != 1) return true;
  while (true) {
    const std::size_t end = std::min(payload.find('\0'), payload.size());
    if (!is_valid_utf8(payload.substr(0, end))) return false;
    if (end == payload.size()) return true;
    payload.remove_prefix(end + 1);
  }
}

}  // namespace meshmq::mqtt
