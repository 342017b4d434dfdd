#include "topic/rewrite.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "topic/filter.hpp"

namespace meshmq::topic {

namespace {

/// More than that nobody can name: `$9` is the last.
constexpr int groups_max = 9;

bool is_group(std::string_view target, std::size_t at) {
  return target[at] == '$' && at + 1 < target.size() && target[at + 1] >= '1' && target[at + 1] <= '9';
}

/// Takes the next word off the front.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

class RewriteRule::Expression {
 public:
  explicit Expression(std::string_view text) : re_(re2::StringPiece(text.data(), text.size()), RE2::Quiet) {}

  bool ok() const { return re_.ok(); }
  const std::string& error() const { return re_.error(); }
  int groups() const { return re_.NumberOfCapturingGroups(); }
  /// `parts` 0 is the whole match.
  bool match(std::string_view text, re2::StringPiece (&parts)[groups_max + 1]) const {
    const int wanted = std::min(groups(), groups_max) + 1;
    return re_.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED, parts,
                     wanted);
  }

 private:
  RE2 re_;
};

RewriteRule::RewriteRule(std::string filter, std::unique_ptr<const Expression> expression, std::string target)
    : filter_(std::move(filter)), expression_(std::move(expression)), target_(std::move(target)) {}
RewriteRule::RewriteRule(RewriteRule&&) noexcept = default;
RewriteRule& RewriteRule::operator=(RewriteRule&&) noexcept = default;
RewriteRule::~RewriteRule() = default;

Result<RewriteRule> RewriteRule::parse(std::string_view text) {
  const std::string_view filter = next_word(text);
  const std::string_view expression_text = next_word(text);
  const std::string_view target = next_word(text);
  if (target.empty() || !next_word(text).empty())
    return fail(Errc::malformed, "a topic filter, a regular expression and a target, with blanks between");
  if (!is_valid_filter(filter)) return fail(Errc::malformed, "a valid topic filter first");
  auto expression = std::make_unique<const Expression>(expression_text);
  if (!expression->ok()) return fail(Errc::malformed, "a valid regular expression: " + expression->error());
  for (std::size_t at = 0; at < target.size(); ++at) {
    if (is_group(target, at) && target[at + 1] - '0' > expression->groups())
      return fail(Errc::malformed, "no more $ than the expression has groups");
  }
  if (!is_valid_filter(target)) return fail(Errc::malformed, "a valid topic or filter as the target");
  return RewriteRule(std::string(filter), std::move(expression), std::string(target));
}

bool RewriteRule::speaks_of(std::string_view topic) const {
  return matches(filter_, topic);
}

bool RewriteRule::rewrite(std::string_view topic, const ClientNames& names, std::string& result) const {
  re2::StringPiece parts[groups_max + 1];
  if (!expression_->match(topic, parts)) return false;
  result.clear();
  std::string_view rest = target_;
  while (!rest.empty()) {
    std::size_t run = 0;
    while (run < rest.size() && !is_group(rest, run)) ++run;
    const auto text = put_names(rest.substr(0, run), names);
    if (!text) return false;
    result += *text;
    rest.remove_prefix(run);
    if (rest.empty()) break;
    const re2::StringPiece& part = parts[rest[1] - '0'];
    result.append(part.data(), part.size());
    rest.remove_prefix(2);
  }
  return is_valid_filter(result);
}

std::string_view Rewrites::apply(std::string_view topic, const ClientNames& names,
                                 std::string& storage) const {
  const auto rule = std::find_if(rules_.rbegin(), rules_.rend(),
                                 [topic](const RewriteRule& r) { return r.speaks_of(topic); });
  if (rule == rules_.rend() || !rule->rewrite(topic, names, storage)) return topic;
  return is_valid_name(topic) && !is_valid_name(storage) ? topic : std::string_view(storage);
}

}  // namespace meshmq::topic
