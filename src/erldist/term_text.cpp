#include "erldist/term_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace meshmq::erldist {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_name(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '@';
}
bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}
/// 36: no digit at all.
int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (is_lower(c)) return c - 'a' + 10;
  return is_upper(c) ? c - 'A' + 10 : 36;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

/// A failure is remembered, and nothing is read any more: callers look at it where they must.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<WrittenTerm>> run() {
    std::vector<WrittenTerm> result;
    for (skip(); good() && at_ < text_.size(); skip()) {
      const int line = line_of(at_);
      Term term = read_term(0);
      expect_full_stop();
      if (good()) result.push_back({std::move(term), line});
    }
    if (!good()) return fail(Errc::malformed, std::move(error_));
    return result;
  }

 private:
  // ---------------------------------------------------------------- places and failures

  bool good() const { return error_.empty(); }
  int line_of(std::size_t at) const {
    return 1 +
           static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  }
  void fail_at(std::size_t at, std::string_view what) {
    if (!good()) return;
    const std::size_t line_end = at == 0 ? text_.npos : text_.rfind('\n', at - 1);
    const std::size_t column = line_end == text_.npos ? at + 1 : at - line_end;
    error_ = fmt::format("line {}, column {}: {}", line_of(at), column, what);
    at_ = text_.size();
  }
  void expected(std::string_view what) {
    if (at_ >= text_.size()) return fail_at(at_, fmt::format("expected {} but the file ends", what));
    std::size_t end = at_ + 1;
    if (is_name(text_[at_])) {
      while (end < text_.size() && end - at_ < 20 && is_name(text_[end])) ++end;
    }
    fail_at(at_, fmt::format("expected {} but found {}", what, text_.substr(at_, end - at_)));
  }

  // ---------------------------------------------------------------- tokens

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip() {
    while (at_ < text_.size()) {
      if (text_[at_] == '%') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (is_blank(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }
  bool take(std::string_view token) {
    skip();
    if (!good() || !text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect_full_stop() {
    skip();
    const char next = peek(1);
    const bool ends = peek() == '.' && (at_ + 1 >= text_.size() || is_blank(next) || next == '%');
    if (good() && !ends) return expected("a full stop behind the term");
    if (good()) ++at_;
  }

  // ---------------------------------------------------------------- terms

  Term read_term(int depth) {
    skip();
    if (depth > term_depth_max) {
      fail_at(at_, "nested too deeply");
      return {};
    }
    const char c = peek();
    if (take("{")) return Term::tuple(read_items("}", depth));
    if (take("[")) return read_list(depth);
    if (take("#{")) return read_map(depth);
    if (take("<<")) return read_binary();
    if (c == '"') return Term::string(read_strings());
    if (c == '\'') return Term::atom(read_quoted('\''));
    if (is_lower(c)) return Term::atom(read_name());
    if (is_digit(c) || c == '$' || ((c == '-' || c == '+') && (is_digit(peek(1)) || peek(1) == '$'))) {
      return read_number();
    }
    expected("a term");
    return {};
  }

  std::vector<Term> read_items(std::string_view closing, int depth) {
    std::vector<Term> items;
    if (take(closing)) return items;
    do items.push_back(read_term(depth + 1));
    while (take(","));
    if (!take(closing)) expected(fmt::format(", or {}", closing));
    return items;
  }

  Term read_list(int depth) {
    Term list = Term::list({});
    if (take("]")) return list;
    do list.items.push_back(read_term(depth + 1));
    while (take(","));
    if (take("|")) append_tail(list, read_term(depth + 1));
    if (!take("]")) expected(", or ]");
    return list;
  }

  /// [a | [b]] is [a, b].
  static void append_tail(Term& list, Term tail) {
    if (tail.kind == Term::Kind::list) {
      list.improper = tail.improper;
      for (Term& item : tail.items) list.items.push_back(std::move(item));
    } else if (tail.kind == Term::Kind::string) {
      for (const char c : tail.text) list.items.push_back(Term::of(static_cast<unsigned char>(c)));
    } else {
      list.improper = true;
      list.items.push_back(std::move(tail));
    }
  }

  Term read_map(int depth) {
    Term map{.kind = Term::Kind::map};
    if (take("}")) return map;
    do {
      map.items.push_back(read_term(depth + 1));
      if (!take("=>")) expected("=>");
      map.items.push_back(read_term(depth + 1));
    } while (take(","));
    if (!take("}")) expected(", or }");
    return map;
  }

  Term read_binary() {
    Term binary = Term::binary("");
    if (take(">>")) return binary;
    do {
      skip();
      if (peek() == '"') {
        binary.text += read_strings();
        take("/utf8");
        continue;
      }
      const std::size_t at = at_;
      const Term byte = is_digit(peek()) || peek() == '$' ? read_number() : Term::of(-1);
      if (byte.kind != Term::Kind::integer || byte.integer < 0 || byte.integer > 255)
        fail_at(at, "expected a string or a byte");
      binary.text += static_cast<char>(byte.integer);
    } while (take(","));
    if (!take(">>")) expected(", or >>");
    return binary;
  }

  std::string_view read_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // ---------------------------------------------------------------- texts

  /// "one" "text" in two pieces.
  std::string read_strings() {
    std::string result;
    while (good() && peek() == '"') {
      result += read_quoted('"');
      skip();
    }
    return result;
  }

  std::string read_quoted(char mark) {
    const std::size_t begin = at_++;
    std::string result;
    while (good() && at_ < text_.size() && text_[at_] != mark) {
      if (text_[at_] == '\\') {
        append_utf8(read_escape(), result);
      } else {
        result += text_[at_++];
      }
    }
    if (at_ >= text_.size()) fail_at(begin, fmt::format("this {} is not closed", mark));
    if (good()) ++at_;
    return result;
  }

  /// Behind the backslash on which it stands.
  std::uint32_t read_escape() {
    constexpr std::string_view letters = "bdefnrstv";
    constexpr std::string_view codes = "\b\x7f\x1b\f\n\r \t\v";
    const std::size_t begin = at_++;
    if (at_ >= text_.size()) {
      fail_at(begin, "the file ends within an escape");
      return 0;
    }
    const char c = peek();
    if (c == 'x') return read_hex_escape(begin);
    if (c >= '0' && c <= '7') {
      std::uint32_t code = 0;
      for (int i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i) code = code * 8 + (text_[at_++] - '0');
      return code;
    }
    ++at_;
    if (c == '^' && peek() > ' ') return static_cast<std::uint32_t>(text_[at_++] & 31);
    if (const std::size_t found = letters.find(c); found != letters.npos && c != '\0') return codes[found];
    // Any other character stands for itself; the rest of it, if it has several bytes, follows.
    if (static_cast<unsigned char>(c) < 0x80) return static_cast<unsigned char>(c);
    fail_at(begin, "this escape means nothing");
    return 0;
  }

  std::uint32_t read_hex_escape(std::size_t begin) {
    ++at_;
    const bool braced = peek() == '{';
    if (braced) ++at_;
    std::uint32_t code = 0;
    std::size_t digits = 0;
    for (; digits < (braced ? 6U : 2U) && digit_value(peek()) < 16; ++digits) {
      code = code * 16 + static_cast<std::uint32_t>(digit_value(text_[at_++]));
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool whole = braced ? digits > 0 && peek() == '}' : digits == 2;
    if (!whole || code > 0x10FFFF || surrogate) fail_at(begin, "this escape means no character");
    if (braced) ++at_;
    return code;
  }

  // ---------------------------------------------------------------- numbers

  Term read_number() {
    const std::size_t begin = at_;
    const bool negative = peek() == '-';
    if (negative || peek() == '+') ++at_;
    if (peek() == '$') return Term::of((negative ? -1 : 1) * read_character());
    std::string digits = read_digits(10);
    if (peek() == '#' && digits.size() <= 2) {
      const int base = std::atoi(digits.c_str());
      ++at_;
      if (base < 2 || base > 36) {
        fail_at(begin, "numbers have a base from 2 to 36");
        return {};
      }
      return integer(begin, read_digits(base), base, negative);
    }
    const bool fraction = peek() == '.' && is_digit(peek(1));
    const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 2 : 1;
    const bool exponent = (peek() == 'e' || peek() == 'E') && is_digit(peek(sign));
    return fraction || exponent ? real(begin, std::move(digits), negative)
                                : integer(begin, digits, 10, negative);
  }

  std::int64_t read_character() {
    ++at_;
    if (at_ >= text_.size()) fail_at(at_, "expected a character but the file ends");
    if (!good()) return 0;
    if (text_[at_] == '\\') return read_escape();
    return static_cast<unsigned char>(text_[at_++]);
  }

  /// Underscores between digits are left out.
  std::string read_digits(int base) {
    std::string digits;
    while (digit_value(peek()) < base || (peek() == '_' && !digits.empty() && digit_value(peek(1)) < base)) {
      if (text_[at_] != '_') digits += text_[at_];
      ++at_;
    }
    return digits;
  }

  Term integer(std::size_t begin, const std::string& digits, int base, bool negative) {
    const std::string written = (negative ? "-" : "") + digits;
    std::int64_t value = 0;
    const char* end = written.data() + written.size();
    const auto [stopped, error] = std::from_chars(written.data(), end, value, base);
    if (error == std::errc::result_out_of_range) fail_at(begin, "this number has more than 64 bits");
    if (error != std::errc() || stopped != end) fail_at(begin, "this is no number");
    return Term::of(value);
  }

  Term real(std::size_t begin, std::string digits, bool negative) {
    if (peek() == '.') {
      ++at_;
      digits += '.' + read_digits(10);
    }
    const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
      digits += text_.substr(at_, sign);
      at_ += sign;
      digits += read_digits(10);
    }
    const double value = std::strtod(digits.c_str(), nullptr);
    if (!std::isfinite(value)) fail_at(begin, "this number is too large");
    return {.kind = Term::Kind::real, .real = negative && value != 0 ? -value : value};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace

Result<std::vector<WrittenTerm>> parse_terms(std::string_view text) {
  return Parser(text).run();
}

}  // namespace meshmq::erldist
