#include "conformance/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace meshmq::conformance {

namespace {

constexpr std::string_view anything = "*";

int hex_digit(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  return static_cast<int>(digits.find(c));
}

/// Takes words from the front of a line.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  bool at_end() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    return rest_.empty();
  }

  Field next() {
    Field field{.key = std::string(take_until(" =")), .value = {}, .quoted = false};
    if (rest_.empty() || rest_.front() == ' ') return field;
    rest_.remove_prefix(1);
    if (!rest_.empty() && rest_.front() == '\'') {
      field.value = quoted();
      field.quoted = true;
    } else {
      field.value = take_until(" ");
    }
    return field;
  }

 private:
  std::string_view take_until(std::string_view ends) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(word.size());
    return word;
  }

  std::string quoted() {
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\'') {
        rest_.remove_prefix(i + 1);
        return repeated(text);
      }
      if (rest_[i] == '\\' && i + 2 < rest_.size()) {
        text += static_cast<char>(hex_digit(rest_[i + 1]) * 16 + hex_digit(rest_[i + 2]));
        i += 2;
      } else {
        text += rest_[i];
      }
    }
    throw ScriptError("a text has no end");
  }

  std::string repeated(const std::string& text) {
    if (rest_.empty() || rest_.front() != '*') return text;
    rest_.remove_prefix(1);
    std::string all;
    for (std::uint32_t n = to_number(take_until(" ")); n > 0; --n) all += text;
    return all;
  }

  std::string_view rest_;
};

/// Codes are written as 0x..; a packet's text has `reason=8f` in hex and other numbers in decimal.
std::string as_in_packets(const Field& field) {
  const std::string& value = *field.value;
  if (!value.starts_with("0x")) return value;
  const std::uint32_t number = to_number(value);
  return field.key == "reason" ? fmt::format("{:02x}", number) : std::to_string(number);
}

std::vector<Field> of_key(const std::vector<Field>& fields, std::string_view key) {
  std::vector<Field> found;
  std::copy_if(fields.begin(), fields.end(), std::back_inserter(found),
               [&](const Field& field) { return field.key == key; });
  return found;
}

bool same_value(const Field& expected, const Field& got, Variables& variables) {
  if (!expected.value || !got.value) return expected.value == got.value;
  if (*expected.value == anything) return true;
  if (expected.is_variable()) {
    const auto [kept, is_new] = variables.emplace(*expected.value, *got.value);
    return is_new || kept->second == *got.value;
  }
  return as_in_packets(expected) == *got.value;
}

bool same_values(const std::vector<Field>& expected, const std::vector<Field>& got, Variables& variables) {
  return std::equal(expected.begin(), expected.end(), got.begin(), got.end(),
                    [&](const Field& one, const Field& other) { return same_value(one, other, variables); });
}

}  // namespace

std::uint32_t to_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, is_hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw ScriptError(fmt::format("'{}' is not a number", text));
  }
  return number;
}

Fields Fields::parse(std::string_view line) {
  Fields fields;
  Words words(line);
  while (!words.at_end()) fields.fields_.push_back(words.next());
  return fields;
}

std::optional<std::string> Fields::take(std::string_view key) {
  const auto at =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.key == key; });
  if (at == fields_.end()) return std::nullopt;
  std::string value = at->value.value_or("");
  fields_.erase(at);
  return value;
}

std::string Fields::take_text(std::string_view key, std::string_view if_absent) {
  return take(key).value_or(std::string(if_absent));
}

std::optional<std::uint32_t> Fields::take_number(std::string_view key) {
  const auto text = take(key);
  if (!text) return std::nullopt;
  return to_number(*text);
}

std::uint32_t Fields::take_number(std::string_view key, std::uint32_t if_absent) {
  return take_number(key).value_or(if_absent);
}

bool Fields::take_flag(std::string_view key, bool if_absent) {
  if (take(key)) return true;
  if (take("no_" + std::string(key))) return false;
  return if_absent;
}

std::optional<Field> Fields::take_next() {
  if (fields_.empty()) return std::nullopt;
  Field first = std::move(fields_.front());
  fields_.erase(fields_.begin());
  return first;
}

void Fields::expect_empty() const {
  if (!fields_.empty())
    throw ScriptError(fmt::format("'{}' is no field of this packet", fields_.front().key));
}

void Fields::substitute(const Variables& variables) {
  for (Field& field : fields_) {
    if (!field.is_variable()) continue;
    const auto kept = variables.find(*field.value);
    if (kept == variables.end()) throw ScriptError(fmt::format("{} was never seen", *field.value));
    field.value = kept->second;
  }
}

std::optional<std::string> difference(std::string_view expected, std::string_view got, Variables& variables) {
  std::vector<Field> wanted = Fields::parse(expected).all();
  const std::vector<Field> found = Fields::parse(got).all();
  if (wanted.empty() || found.empty() || wanted.front() != found.front()) return "another packet";
  const bool open = wanted.back().key == "...";
  if (open) wanted.pop_back();
  for (const Field& field : wanted) {
    if (field.key.starts_with('!')) {
      if (!of_key(found, field.key.substr(1)).empty()) return field.key.substr(1) + " is there";
    } else if (!same_values(of_key(wanted, field.key), of_key(found, field.key), variables)) {
      return field.key;
    }
  }
  for (const Field& field : found) {
    // For people: of interest only where the line names it.
    if (field.key == "reason_string") continue;
    if (!open && of_key(wanted, field.key).empty()) return field.key + " was not expected";
  }
  return std::nullopt;
}

}  // namespace meshmq::conformance
