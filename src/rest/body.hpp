#pragma once
// JSON bodies of requests, read member by member.

#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rest/route.hpp"

namespace meshmq::rest {

/// Fails with what a caller is to be told. Limits: 32 levels.
Result<std::shared_ptr<const boost::json::value>> parse_body(std::string_view text);

/// An object's members. The first that is missing or of another type is kept as the failure; what is read
/// then is empty. Borrows the value.
class Body {
 public:
  /// Anything but an object has no members.
  explicit Body(const boost::json::value* value);

  /// Empty if it is missing.
  std::string text(std::string_view name);
  /// A missing or empty one is a failure.
  std::string needed(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max);
  bool boolean(std::string_view name, bool otherwise);
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const boost::json::value* find(std::string_view name) const;

  bool good() const { return code_ == Code::ok; }
  Code code() const { return code_; }
  const std::string& problem() const { return problem_; }
  void fail(Code code, std::string problem);

 private:
  const boost::json::object* object_;
  Code code_ = Code::ok;
  std::string problem_;
};

}  // namespace meshmq::rest
