#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "erldist/term.hpp"

namespace meshmq::erldist {

namespace {

constexpr std::string_view reserved[] = {"after", "and",    "andalso", "band", "begin", "bnot", "bor",
                                         "bsl",   "bsr",    "bxor",    "case", "catch", "cond", "div",
                                         "end",   "fun",    "if",      "let",  "maybe", "not",  "of",
                                         "or",    "orelse", "receive", "rem",  "try",   "when", "xor"};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_name(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
}
bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c != 0x7f) || c == '\n' || c == '\t' || c == '\r'; });
}

std::string quote(std::string_view text, char mark) {
  std::string result(1, mark);
  for (const char c : text) {
    if (c == mark || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + mark;
}

std::string print_items(const std::vector<Term>& items, std::string_view separator) {
  std::string result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) result += separator;
    result += print(items[i]);
  }
  return result;
}

std::string print_bytes(std::string_view bytes) {
  std::string result;
  for (const char c : bytes)
    result += fmt::format("{}{}", result.empty() ? "" : ",", static_cast<unsigned char>(c));
  return result;
}

std::string print_list(const Term& term) {
  if (!term.improper) return "[" + print_items(term.items, ",") + "]";
  const std::vector<Term> head(term.items.begin(), term.items.end() - 1);
  return "[" + print_items(head, ",") + "|" + print(term.items.back()) + "]";
}

std::string print_map(const Term& term) {
  std::string result = "#{";
  for (std::size_t i = 0; i + 1 < term.items.size(); i += 2) {
    if (i > 0) result += ',';
    result += print(term.items[i]) + " => " + print(term.items[i + 1]);
  }
  return result + "}";
}

}  // namespace

std::string print_atom(std::string_view name) {
  const bool plain = !name.empty() && is_lower(name[0]) && std::all_of(name.begin(), name.end(), is_name) &&
                     std::find(std::begin(reserved), std::end(reserved), name) == std::end(reserved);
  return plain ? std::string(name) : quote(name, '\'');
}

std::string print(const Term& term) {
  switch (term.kind) {
    case Term::Kind::atom:
      return print_atom(term.text);
    case Term::Kind::integer:
      return fmt::format("{}", term.integer);
    case Term::Kind::real:
      return fmt::format("{}", term.real);
    case Term::Kind::binary:
      return printable(term.text) ? "<<" + quote(term.text, '"') + ">>"
                                  : "<<" + print_bytes(term.text) + ">>";
    case Term::Kind::string:
      return printable(term.text) ? quote(term.text, '"') : "[" + print_bytes(term.text) + "]";
    case Term::Kind::tuple:
      return "{" + print_items(term.items, ",") + "}";
    case Term::Kind::list:
      return print_list(term);
    case Term::Kind::map:
      return print_map(term);
    case Term::Kind::opaque:
      return "<opaque>";
  }
  return {};
}

}  // namespace meshmq::erldist
