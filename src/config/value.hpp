#pragma once
// Values as people write them in EMQ X 4.3's configuration, and what they mean.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "broker/flapping.hpp"

namespace meshmq::config {

enum class Type : std::uint8_t {
  text,
  flag,     ///< `on`, `off`
  boolean,  ///< `true`, `false`
  integer,
  real,                 ///< `0.75`
  duration_ms,          ///< `1m30s`, `.5s`, `200ms`; rounded up to milliseconds
  duration_s,           ///< the same, rounded up to seconds
  duration_or_integer,  ///< as duration_ms, or a bare number of milliseconds, 0 included
  bytes,                ///< `64KB`, `1MB`, `1gb`, `4096`; KB is 1024
  percent,              ///< `80%`
  word,                 ///< one of a list
  address,              ///< `1883`, `127.0.0.1:1883`, `[::1]:1883`, `host:1883`; port 0 takes a free one
  node_name,            ///< `name@host`
  mode,                 ///< permissions of a file: `0660`
  access_rule,          ///< `allow all`, `deny 10.0.0.0/8`
  priorities,           ///< `none`, `alarms=10,topic/2=8`
  rewrite_rule,         ///< `x/# ^x/(.+)$ z/$1`
  topic_filter,
  flapping,    ///< `30, 1m, 5m`: count, within, consequence
  mountpoint,  ///< the beginning of a topic: `devices/%c/`
};

/// `number` holds 0 or 1, an integer, milliseconds, bytes, percent or a port; `text` the text as written, or
/// the host of an address.
struct Value {
  std::string text;
  std::int64_t number = 0;
  double real = 0;
};

struct Range {
  std::int64_t min = 0;
  std::int64_t max = INT64_MAX;
};

/// Fails with what was expected, e.g. "an integer from 1 to 65535". `words` are separated by blanks.
Result<Value> parse_value(Type type, std::string_view text, Range range, std::string_view words);
/// The parts of Type::priorities; nothing if the text is not such a list.
std::optional<std::vector<std::pair<std::string, std::uint8_t>>> parse_priorities(std::string_view text);

/// The parts of Type::flapping; nothing if the text is not that.
std::optional<broker::FlappingPolicy> parse_flapping(std::string_view text);

/// The same phrase, for documents.
std::string describe_type(Type type, Range range, std::string_view words);

}  // namespace meshmq::config
