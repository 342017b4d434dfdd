#pragma once
// The name of a shared group as messages on their way to a member remember it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/intrusive_ptr.hpp"

namespace meshmq::broker {

/// `$share/<group>/<filter>`, once per group of a worker however many messages point to it. Outlives the
/// group: a message may come back after its last member has gone. Thread rule: one owner, the count is plain.
class GroupName {
 public:
  static IntrusivePtr<GroupName> make(std::string_view text) {
    return IntrusivePtr<GroupName>::adopt(new GroupName(text));
  }
  std::string_view text() const { return text_; }

  void add_ref() { ++refs_; }
  void release() {
    if (--refs_ == 0) delete this;
  }

 private:
  explicit GroupName(std::string_view text) : text_(text) {}
  ~GroupName() = default;

  std::uint32_t refs_ = 1;
  std::string text_;
};
using GroupNamePtr = IntrusivePtr<GroupName>;

}  // namespace meshmq::broker
