#pragma once
// Text as MQTT allows it on the wire ([MQTT5 1.5.4]).

#include <string_view>

namespace meshmq::mqtt {

/// [MQTT-1.5.4-1], [MQTT-1.5.4-2] Well-formed UTF-8: shortest forms only, no surrogates, nothing above
/// U+10FFFF, no NUL. ASCII is checked eight bytes at a time.
bool is_valid_utf8(std::string_view text);

enum class TopicText { valid, bad_utf8, has_wildcard };

/// [MQTT-3.3.2-2] What is_valid_utf8 checks, and no `+` or `#` anywhere. The empty text is valid here.
TopicText check_topic_text(std::string_view topic);

}  // namespace meshmq::mqtt
