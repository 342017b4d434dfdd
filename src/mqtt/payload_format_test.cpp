#include "mqtt/payload_format.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mqtt/properties.hpp"

namespace meshmq::mqtt {
namespace {

using std::string_view_literals::operator""sv;

std::string indicator(std::uint8_t value) {
  std::string properties;
  append_string_property(properties, PropertyId::content_type, "x");
  append_byte_property(properties, PropertyId::payload_format_indicator, value);
  return properties;
}

TEST(PayloadFormat, OnlyAPayloadThatIsCalledTextIsChecked) {
  EXPECT_TRUE(keeps_payload_format("", "\xFF"));
  EXPECT_TRUE(keeps_payload_format(indicator(0), "\xFF"));
  EXPECT_FALSE(keeps_payload_format(indicator(1), "\xFF"));
}

TEST(PayloadFormat, TextIsWellFormedUtf8WithAnyCharacter) {
  EXPECT_TRUE(keeps_payload_format(indicator(1), ""));
  EXPECT_TRUE(keeps_payload_format(indicator(1), "gr\xC3\xBC\xC3\x9F"));
  EXPECT_TRUE(keeps_payload_format(indicator(1), "\0a\0\0b\0"sv));
  EXPECT_FALSE(keeps_payload_format(indicator(1), "a\0\xED\xA0\x80"sv));
  EXPECT_FALSE(keeps_payload_format(indicator(1), "\xC3\0"sv));
}

}  // namespace
}  // namespace meshmq::mqtt
