#include "config/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/hash.hpp"

#include "front/access_rules.hpp"
#include "topic/filter.hpp"
#include "topic/rewrite.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::config {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::int64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  if (unit == "w") return 7 * 86'400'000;
  if (unit == "f") return 14 * 86'400'000;
  return 0;
}

/// A number before a unit. As in 4.3 a whole number does not begin with 0, a fraction may: `0s` is none,
/// `0.5s` is one.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t billionths = 0;
};

std::optional<Decimal> take_decimal(std::string_view& rest) {
  const auto digits_of = [](std::string_view text) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), digit) - text.begin());
  };
  const std::string_view whole = rest.substr(0, digits_of(rest));
  rest.remove_prefix(whole.size());
  std::string_view fraction;
  const bool point = !rest.empty() && rest.front() == '.';
  if (point) {
    rest.remove_prefix(1);
    fraction = rest.substr(0, digits_of(rest));
    rest.remove_prefix(fraction.size());
    if (fraction.empty()) return std::nullopt;
  } else if (whole.empty() || whole.front() == '0') {
    return std::nullopt;
  }
  if (whole.size() > 12 || fraction.size() > 9) return std::nullopt;
  std::string billionths(fraction);
  billionths.resize(9, '0');
  return Decimal{whole.empty() ? 0 : *parse_integer(whole), *parse_integer(billionths)};
}

/// Exact: 1.1s is 1100 ms, not what a double makes of it.
std::optional<std::int64_t> parse_duration(std::string_view text, std::int64_t rounding_ms) {
  constexpr std::int64_t billion = 1'000'000'000;
  constexpr Uint128 longest = Uint128{36525} * 86'400'000 * billion;  // a hundred years
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string_view rest = lower;
  if (rest.empty()) return std::nullopt;
  Uint128 sum = 0;
  while (!rest.empty()) {
    const auto number = take_decimal(rest);
    if (!number) return std::nullopt;
    const auto end = std::find_if(rest.begin(), rest.end(), [](char c) { return digit(c) || c == '.'; });
    const std::string_view unit = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(unit.size());
    const auto factor = static_cast<Uint128>(unit_ms(unit));
    if (factor == 0) return std::nullopt;
    sum +=
        factor * (static_cast<Uint128>(number->whole) * billion + static_cast<Uint128>(number->billionths));
    if (sum > longest) return std::nullopt;
  }
  const Uint128 step = static_cast<Uint128>(rounding_ms) * billion;
  return static_cast<std::int64_t>((sum + step - 1) / step) * rounding_ms;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const std::size_t digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), digit) - text.begin());
  const auto number = parse_integer(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  int shift = 0;
  if (unit == "KB" || unit == "kb") {
    shift = 10;
  } else if (unit == "MB" || unit == "mb") {
    shift = 20;
  } else if (unit == "GB" || unit == "gb") {
    shift = 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  if (!number || *number > (INT64_MAX >> shift)) return std::nullopt;
  return *number << shift;
}

std::optional<std::int64_t> parse_either(std::string_view text, std::string_view no, std::string_view yes) {
  if (text == yes) return 1;
  if (text == no) return 0;
  return std::nullopt;
}

std::optional<std::int64_t> parse_percent(std::string_view text) {
  if (text.empty() || text.back() != '%') return std::nullopt;
  return parse_integer(text.substr(0, text.size() - 1));
}

/// Splits `host:port`; an IPv6 address stands in brackets.
std::optional<Value> parse_address(std::string_view text) {
  Value value;
  std::string_view port = text;
  const std::size_t colon = text.rfind(':');
  value.text = "0.0.0.0";
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets) host = host.substr(1, host.size() - 2);
    if (host.empty() || host.find_first_of(brackets ? "[]" : "[]:") != std::string_view::npos)
      return std::nullopt;
    value.text = host;
  }
  const auto number = parse_integer(port);
  if (!number || *number < 0 || *number > 65535) return std::nullopt;
  value.number = *number;
  return value;
}

bool valid_node_name(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 255) return false;
  const std::string_view name = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  const auto letter = [](char c) { return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '_' || c == '-'; }) &&
         std::all_of(host.begin(), host.end(),
                     [&](char c) { return letter(c) || c == '_' || c == '-' || c == '.' || c == ':'; });
}

/// At most so long that topics below it still have room.
bool valid_mountpoint(std::string_view text) {
  return text.size() <= 1024 && text.find_first_of("+#") == std::string_view::npos &&
         !text.starts_with("$share/") && !text.starts_with("$queue/");
}

bool valid_filter(std::string_view text) {
  return topic::is_shared(text) ? topic::parse_shared(text).has_value() : topic::is_valid_filter(text);
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> result;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    result.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return result;
}

std::optional<std::int64_t> parse_mode(std::string_view text) {
  std::int64_t value = 0;
  if (text.size() < 3 || text.size() > 4) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + (c - '0');
  }
  return value <= 0777 ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> parse_number(Type type, std::string_view text) {
  switch (type) {
    case Type::flag:
      return parse_either(text, "off", "on");
    case Type::boolean:
      return parse_either(text, "false", "true");
    case Type::integer:
      return parse_integer(text);
    case Type::duration_ms:
      return parse_duration(text, 1);
    case Type::duration_s:
      return parse_duration(text, 1000);
    case Type::duration_or_integer:
      if (const auto number = parse_integer(text)) return number;
      return parse_duration(text, 1);
    case Type::bytes:
      return parse_bytes(text);
    case Type::percent:
      return parse_percent(text);
    case Type::mode:
      return parse_mode(text);
    default:
      return std::nullopt;
  }
}

std::optional<Value> parse_any(Type type, std::string_view text, Range range, std::string_view words) {
  Value value{.text = std::string(text)};
  if (type == Type::text) return value;
  if (type == Type::address) return parse_address(text);
  if (type == Type::access_rule) return front::AccessRule::parse(text) ? std::optional(value) : std::nullopt;
  if (type == Type::priorities) return parse_priorities(text) ? std::optional(value) : std::nullopt;
  if (type == Type::rewrite_rule)
    return topic::RewriteRule::parse(text) ? std::optional(value) : std::nullopt;
  if (type == Type::topic_filter) return valid_filter(text) ? std::optional(value) : std::nullopt;
  if (type == Type::flapping) return parse_flapping(text) ? std::optional(value) : std::nullopt;
  if (type == Type::mountpoint) return valid_mountpoint(text) ? std::optional(value) : std::nullopt;
  if (type == Type::node_name) return valid_node_name(text) ? std::optional(value) : std::nullopt;
  if (type == Type::word) {
    const auto list = split_words(words);
    return std::find(list.begin(), list.end(), text) != list.end() ? std::optional(value) : std::nullopt;
  }
  if (type == Type::real) {
    const auto real = parse_real(text);
    if (!real || *real < static_cast<double>(range.min) || *real > static_cast<double>(range.max))
      return std::nullopt;
    value.real = *real;
    return value;
  }
  const auto number = parse_number(type, text);
  if (!number || *number < range.min || *number > range.max) return std::nullopt;
  value.number = *number;
  return value;
}

std::string limits(Range range, std::string_view unit) {
  if (range.min == 0 && range.max == INT64_MAX) return "";
  if (range.max == INT64_MAX) return fmt::format(" of at least {}{}", range.min, unit);
  return fmt::format(" from {}{} to {}{}", range.min, unit, range.max, unit);
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::uint8_t>>> parse_priorities(std::string_view text) {
  std::vector<std::pair<std::string, std::uint8_t>> result;
  if (text == "none") return result;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view entry = text.substr(0, end);
    const std::size_t equals = entry.rfind('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    const std::string_view topic = entry.substr(0, equals);
    const auto priority = parse_integer(entry.substr(equals + 1));
    if (!priority || *priority < 0 || *priority > 255) return std::nullopt;
    if (topic.find_first_of("+#") != std::string_view::npos) return std::nullopt;
    result.emplace_back(topic, static_cast<std::uint8_t>(*priority));
    if (end == text.size()) return result;
    text.remove_prefix(end + 1);
  }
}

std::optional<broker::FlappingPolicy> parse_flapping(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.push_back(part);
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  if (parts.size() != 3) return std::nullopt;
  const auto count = parse_integer(parts[0]);
  const auto window = parse_number(Type::duration_ms, parts[1]);
  const auto ban = parse_number(Type::duration_s, parts[2]);
  constexpr std::int64_t count_max = 1'000'000;
  if (!count || *count < 1 || *count > count_max || !window || *window < 1 || !ban || *ban < 1)
    return std::nullopt;
  return broker::FlappingPolicy{static_cast<std::uint32_t>(*count), Duration(*window), Duration(*ban)};
}

Result<Value> parse_value(Type type, std::string_view text, Range range, std::string_view words) {
  auto value = parse_any(type, text, range, words);
  if (value) return *std::move(value);
  if (type == Type::rewrite_rule)
    return fail(Errc::invalid_argument, topic::RewriteRule::parse(text).error().message);
  return fail(Errc::invalid_argument, describe_type(type, range, words));
}

std::string describe_type(Type type, Range range, std::string_view words) {
  switch (type) {
    case Type::text:
      return "text";
    case Type::flag:
      return "on or off";
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "an integer" + limits(range, "");
    case Type::real:
      return "a number" + limits(range, "");
    case Type::duration_ms:
    case Type::duration_s:
      return "a duration with unit, such as 500ms, 30s, 1m30s or 2h" + limits(range, "ms");
    case Type::duration_or_integer:
      return "0 or a duration with unit, such as 30s or 1m30s" + limits(range, "ms");
    case Type::bytes:
      return "a size, such as 512KB or 1MB" + limits(range, " bytes");
    case Type::percent:
      return "a percentage, such as 80%" + limits(range, "%");
    case Type::word:
      return fmt::format("one of {}", fmt::join(split_words(words), ", "));
    case Type::address:
      return "a port or an address with port, such as 1883, 127.0.0.1:1883 or [::1]:1883";
    case Type::node_name:
      return "name@host; letters, digits, _ and - before the @, an address or host name behind it";
    case Type::mode:
      return "permissions in octal digits, such as 0660";
    case Type::access_rule:
      return "allow or deny, then all, an address or a network such as 10.0.0.0/8";
    case Type::priorities:
      return "none or topics with priorities from 0 to 255, such as alarms=10,topic/2=8";
    case Type::rewrite_rule:
      return "a topic filter, a regular expression and a target, such as x/# ^x/(.+)$ z/$1";
    case Type::topic_filter:
      return "a topic filter, perhaps shared";
    case Type::flapping:
      return "a count and two durations, such as 30, 1m, 5m";
    case Type::mountpoint:
      return "the beginning of a topic, without wildcards, such as devices/%c/";
  }
  return "";
}

}  // namespace meshmq::config
