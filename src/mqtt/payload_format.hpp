#pragma once
// [MQTT5 3.3.2.3.2] The payload format indicator against what the payload is.

#include <string_view>

namespace meshmq::mqtt {

/// False if the properties call the payload UTF-8 and it is not. NUL is a character here: the payload is no
/// MQTT string.
bool keeps_payload_format(std::string_view properties, std::string_view payload);

}  // namespace meshmq::mqtt
