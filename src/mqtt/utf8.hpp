#pragma once
// Text as MQTT allows it on the wire ([MQTT5 1.5.4]).

#include <string_view>

namespace meshmq::mqtt {

/// [MQTT-1.5.4-1], [MQTT-1.5.4-2] Well-formed UTF-8: shortest forms only, no surrogates, nothing above
/// U+10FFFF, no NUL. ASCII is checked eight bytes at a time.
bool is_valid_utf8(std::string_view text);

enum class NameText { valid, bad_utf8, has_control };

/// What is_valid_utf8 checks, and no control characters (U+0001 to U+001F, U+007F to U+009F): [MQTT5 1.5.4]
/// lets a receiver refuse those.
NameText check_name(std::string_view name);

struct TopicText {
  NameText name;
  bool has_wildcard;  ///< says nothing where `name` is bad_utf8
};

/// [MQTT-3.3.2-2] What check_name checks, and whether a `+` or `#` stands anywhere. The empty text is valid
/// here.
TopicText check_topic_text(std::string_view topic);

}  // namespace meshmq::mqtt
