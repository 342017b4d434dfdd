#include "access/text_pattern.hpp"

#include <re2/re2.h>

namespace meshmq::access {

namespace {

class Re2Pattern final : public broker::TextPattern {
 public:
  explicit Re2Pattern(const std::string& expression) : re_(expression, RE2::Quiet) {}
  const RE2& re() const { return re_; }
  bool matches(std::string_view text) const override {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), re_);
  }

 private:
  RE2 re_;
};

}  // namespace

Result<std::shared_ptr<const broker::TextPattern>> make_text_pattern(const std::string& expression) {
  auto pattern = std::make_shared<const Re2Pattern>(expression);
  if (!pattern->re().ok()) return fail(Errc::invalid_argument, pattern->re().error());
  return pattern;
}

}  // namespace meshmq::access
