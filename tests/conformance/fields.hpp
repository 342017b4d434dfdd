#pragma once
// One packet as a line of words: `PUBLISH topic='a/b' qos=1 retain payload='x'*1000`.

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace meshmq::conformance {

/// A script that cannot be understood, or that was not fulfilled. Ends its case.
class ScriptError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `key`, `key=value` or `key='text'`. Numbers may be written as 0x..; `\hh` in a text is one byte; `'x'*9`
/// repeats a text.
struct Field {
  std::string key;
  std::optional<std::string> value;  ///< absent: a flag; unescaped
  bool quoted = false;               ///< '$name' is a text, $name is what was kept under this name

  bool operator==(const Field&) const = default;
  bool is_variable() const { return value && !quoted && value->starts_with('$'); }
};

/// Values that a case has seen, by name: `id=$first` keeps the value the first time and compares it later.
using Variables = std::map<std::string, std::string>;

/// The words of one packet. The parsing of a packet takes what it knows; what is left over is a mistake of
/// the script.
class Fields {
 public:
  /// `line` without the packet's name.
  static Fields parse(std::string_view line);

  const std::vector<Field>& all() const { return fields_; }
  /// Removes the field and returns its value; a flag has the value "".
  std::optional<std::string> take(std::string_view key);
  std::string take_text(std::string_view key, std::string_view if_absent = {});
  std::uint32_t take_number(std::string_view key, std::uint32_t if_absent);
  std::optional<std::uint32_t> take_number(std::string_view key);
  /// `key` or `no_key`.
  bool take_flag(std::string_view key, bool if_absent);
  /// Removes the first field that is left.
  std::optional<Field> take_next();
  void expect_empty() const;
  /// Puts what was seen in the place of `$name`.
  void substitute(const Variables& variables);

 private:
  std::vector<Field> fields_;
};

/// Why `got` is not what was `expected`, or nothing. Both begin with the packet's name. Every expected field
/// must be there with its values in their order, and nothing else, unless the line ends in `...`. `key=*`
/// stands for any value, `!key` for absence, `key=$name` for a value that is kept or was kept before.
std::optional<std::string> difference(std::string_view expected, std::string_view got, Variables& variables);

/// "10" of "0x0a" and of "10".
std::uint32_t to_number(std::string_view text);

}  // namespace meshmq::conformance
