#pragma once
// The table of packets that drives decoder and encoder tests: bytes, meaning, expected error. Linked into
// tests only.

#include <span>
#include <string_view>

#include "mqtt/decoder.hpp"

namespace meshmq::mqtt::testing {

enum class Form {
  canonical,  ///< the encoder writes the same bytes
  variant,    ///< valid, but the encoder writes it otherwise
};

struct GoodCase {
  std::string_view name;
  Role reader;
  Version version;
  std::string_view bytes;  ///< notation of bytes_from()
  std::string_view text;   ///< as describe() puts it
  Form form = Form::canonical;
};

struct BadCase {
  std::string_view name;
  Role reader;
  Version version;
  std::string_view bytes;
  ReasonCode reason;
  std::string_view text;  ///< DecodeResult::text
};

std::span<const GoodCase> good_cases();
std::span<const BadCase> bad_cases();

}  // namespace meshmq::mqtt::testing
