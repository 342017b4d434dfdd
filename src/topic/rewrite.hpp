#pragma once
// Topic rewrite: topics and filters of clients become others (EMQ X's module.rewrite.*).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "topic/placeholders.hpp"

namespace meshmq::topic {

/// One rule, immutable. Worked example, `x/# ^x/y/(.+)$ z/y/$1`: of topics that `x/#` matches, those that fit
/// the expression become `z/y/` and what stood for `(.+)`; `x/y/1` becomes `z/y/1`. In the target `%c` and
/// `%u` stand for the client id and the user name. The expression is one of RE2 (Perl's without back
/// references and look-around): whatever clients send, a match takes linear time.
class RewriteRule {
 public:
  /// The three parts with blanks between. Fails with what is wrong with which of them.
  static Result<RewriteRule> parse(std::string_view text);

  RewriteRule(RewriteRule&&) noexcept;
  RewriteRule& operator=(RewriteRule&&) noexcept;
  ~RewriteRule();

  /// Whether the rule is about this topic or filter.
  bool speaks_of(std::string_view topic) const;
  /// False if the expression does not fit, or what would come out is neither topic nor filter.
  bool rewrite(std::string_view topic, const ClientNames& names, std::string& result) const;

 private:
  class Expression;
  RewriteRule(std::string filter, std::unique_ptr<const Expression> expression, std::string target);

  std::string filter_;
  std::unique_ptr<const Expression> expression_;
  std::string target_;
};

/// As EMQ X 4.3 does it, the last rule that speaks of a topic is the only one that is tried. Immutable,
/// shared by all workers.
class Rewrites {
 public:
  explicit Rewrites(std::vector<RewriteRule> rules) : rules_(std::move(rules)) {}

  /// The new topic, in `storage`, or `topic` itself. A name stays a name: it does not become a filter.
  std::string_view apply(std::string_view topic, const ClientNames& names, std::string& storage) const;

 private:
  std::vector<RewriteRule> rules_;
};
using RewritesPtr = std::shared_ptr<const Rewrites>;

/// The same where there may be no rules.
inline std::string_view rewritten(const RewritesPtr& rules, std::string_view topic, const ClientNames& names,
                                  std::string& storage) {
  return rules ? rules->apply(topic, names, storage) : topic;
}

}  // namespace meshmq::topic
