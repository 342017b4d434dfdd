#include "access/acl_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "access/text_pattern.hpp"
#include "erldist/term_text.hpp"
#include "topic/filter.hpp"

namespace meshmq::access {

namespace {

using broker::AclAction;
using broker::AclRule;
using broker::AclRules;
using broker::AclTopic;
using broker::AclWho;
using erldist::Term;
using Kind = Term::Kind;

constexpr std::size_t shown_max = 80;

/// The term as it is shown in errors.
std::string shown(const Term& term) {
  std::string text = erldist::print(term);
  if (text.size() > shown_max) text = text.substr(0, shown_max) + "...";
  return text;
}

tl::unexpected<Error> expected(std::string_view what, const Term& got) {
  return fail(Errc::malformed, fmt::format("expected {}, not {}", what, shown(got)));
}

/// A string or a binary of UTF-8.
std::optional<std::string> plain_text(const Term& term) {
  if (term.kind != Kind::string && term.kind != Kind::binary) return std::nullopt;
  if (!topic::is_valid_utf8(term.text)) return std::nullopt;
  return term.text;
}

/// The items of a list; nothing if it is none. An empty string is an empty list.
const std::vector<Term>* list_of(const Term& term) {
  static const std::vector<Term> empty;
  if (term.kind == Kind::string && term.text.empty()) return &empty;
  return term.kind == Kind::list && !term.improper ? &term.items : nullptr;
}

/// `line 3, column 7: ...` as `3:7: ...`
std::string compact_place(const std::string& message) {
  unsigned line = 0;
  unsigned column = 0;
  int end = 0;
  if (std::sscanf(message.c_str(), "line %u, column %u%n", &line, &column, &end) != 2) return " " + message;
  return fmt::format("{}:{}{}", line, column, message.substr(static_cast<std::size_t>(end)));
}

class RuleReader {
 public:
  static Result<AclRule> rule(const Term& term);

 private:
  static Result<AclWho> who(const Term& term);
  static Result<AclWho> name(const Term& term, AclWho::Kind exact, AclWho::Kind pattern);
  static Result<AclWho> address(const Term& term);
  static Result<AclWho> parts(const Term& term, AclWho::Kind kind, Result<AclWho> (*read)(const Term&));
  static Result<AclAction> action(const Term& term);
  static Result<std::vector<AclTopic>> topics(const Term& term);
  static Result<AclTopic> topic(const Term& term);
};

Result<AclRule> RuleReader::rule(const Term& term) {
  if (!term.is_tuple(2) && !term.is_tuple(4)) {
    return expected("{allow | deny, all} or {allow | deny, Who, publish | subscribe | pubsub, [Topic]}",
                    term);
  }
  AclRule rule;
  rule.allow = term.items[0].is_atom("allow");
  if (!rule.allow && !term.items[0].is_atom("deny")) return expected("allow or deny", term.items[0]);
  if (term.is_tuple(2)) {
    if (!term.items[1].is_atom("all")) return expected("all", term.items[1]);
    rule.everywhere = true;
    return rule;
  }
  auto who_read = who(term.items[1]);
  if (!who_read) return tl::unexpected<Error>(std::move(who_read.error()));
  auto action_read = action(term.items[2]);
  if (!action_read) return tl::unexpected<Error>(std::move(action_read.error()));
  auto topics_read = topics(term.items[3]);
  if (!topics_read) return tl::unexpected<Error>(std::move(topics_read.error()));
  rule.who = *std::move(who_read);
  rule.action = *action_read;
  rule.topics = *std::move(topics_read);
  return rule;
}

Result<AclWho> RuleReader::who(const Term& term) {
  if (term.is_atom("all")) return AclWho{};
  if (term.is_tuple(2)) {
    const Term& word = term.items[0];
    const Term& value = term.items[1];
    if (word.is_atom("user")) return name(value, AclWho::Kind::username, AclWho::Kind::username_pattern);
    if (word.is_atom("client")) return name(value, AclWho::Kind::client_id, AclWho::Kind::client_id_pattern);
    if (word.is_atom("ipaddr")) return address(value);
    if (word.is_atom("ipaddrs")) return parts(value, AclWho::Kind::one_of, address);
    if (word.is_atom("and")) return parts(value, AclWho::Kind::all_of, who);
    if (word.is_atom("or")) return parts(value, AclWho::Kind::one_of, who);
  }
  return expected("all, {user, _}, {client, _}, {ipaddr, _}, {ipaddrs, [_]}, {'and', [_]} or {'or', [_]}",
                  term);
}

Result<AclWho> RuleReader::name(const Term& term, AclWho::Kind exact, AclWho::Kind pattern) {
  if (term.is_atom("all")) return AclWho{};
  if (auto text = plain_text(term)) return AclWho{.kind = exact, .text = *std::move(text)};
  if (term.is_tuple(2) && term.items[0].is_atom("re")) {
    const auto expression = plain_text(term.items[1]);
    if (!expression) return expected("a regular expression as text", term.items[1]);
    auto made = make_text_pattern(*expression);
    if (!made) {
      return fail(Errc::malformed,
                  fmt::format("{} is no regular expression: {}", shown(term.items[1]), made.error().message));
    }
    return AclWho{.kind = pattern, .pattern = *std::move(made)};
  }
  return expected("a name as text, all or {re, _}", term);
}

Result<AclWho> RuleReader::address(const Term& term) {
  const auto text = plain_text(term);
  const auto range = text ? front::AddressRange::parse(*text) : std::nullopt;
  if (!range) return expected("an address such as \"10.0.0.1\" or \"10.0.0.0/8\"", term);
  return AclWho{.kind = AclWho::Kind::address, .range = *range};
}

Result<AclWho> RuleReader::parts(const Term& term, AclWho::Kind kind, Result<AclWho> (*read)(const Term&)) {
  const std::vector<Term>* items = list_of(term);
  if (items == nullptr) return expected("a list", term);
  AclWho result{.kind = kind};
  for (const Term& item : *items) {
    auto part = read(item);
    if (!part) return part;
    result.parts.push_back(*std::move(part));
  }
  return result;
}

Result<AclAction> RuleReader::action(const Term& term) {
  if (term.is_atom("publish")) return AclAction::publish;
  if (term.is_atom("subscribe")) return AclAction::subscribe;
  if (term.is_atom("pubsub")) return AclAction::pubsub;
  return expected("publish, subscribe or pubsub", term);
}

Result<std::vector<AclTopic>> RuleReader::topics(const Term& term) {
  std::vector<AclTopic> result;
  const std::vector<Term>* items = list_of(term);
  // One topic may stand alone.
  if (items == nullptr) {
    auto one = topic(term);
    if (!one) return tl::unexpected<Error>(std::move(one.error()));
    result.push_back(*std::move(one));
    return result;
  }
  for (const Term& item : *items) {
    auto one = topic(item);
    if (!one) return tl::unexpected<Error>(std::move(one.error()));
    result.push_back(*std::move(one));
  }
  return result;
}

Result<AclTopic> RuleReader::topic(const Term& term) {
  const bool exact = term.is_tuple(2) && term.items[0].is_atom("eq");
  const Term& filter = exact ? term.items[1] : term;
  auto text = plain_text(filter);
  if (!text || !topic::is_valid_filter(*text)) return expected("a topic filter as text, or {eq, _}", term);
  return AclTopic{*std::move(text), exact};
}

}  // namespace

AclFile parse_acl(std::string_view text, const std::string& path) {
  AclFile file;
  const auto terms = erldist::parse_terms(text);
  if (!terms) {
    file.errors.push_back(path + ":" + compact_place(terms.error().message));
    return file;
  }
  auto rules = std::make_shared<AclRules>();
  for (const erldist::WrittenTerm& written : *terms) {
    auto rule = RuleReader::rule(written.term);
    if (rule) {
      rules->push_back(*std::move(rule));
    } else {
      file.errors.push_back(fmt::format("{}:{}: {}", path, written.line, rule.error().message));
    }
  }
  file.rules = std::move(rules);
  return file;
}

AclFile read_acl_file(const std::string& path) {
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  if (!input.is_open() || input.bad()) {
    const int code = errno != 0 ? errno : EIO;
    return {nullptr, {fmt::format("cannot read {}: {}", path, std::strerror(code))}};
  }
  return parse_acl(text, path);
}

std::string_view default_acl() {
  return R"({allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.

{allow, {ipaddrs, ["127.0.0.1", "::1"]}, pubsub, ["$SYS/#", "#"]}.

{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.

{allow, all}.
)";
}

}  // namespace meshmq::access
