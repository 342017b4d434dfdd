#pragma once
// The subscription identifiers that one delivery carries ([MQTT5 3.3.2.3.8]).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace meshmq::broker {

/// None, one (no allocation) or, when several filters of a session match, more. Limit: MQTT's 268,435,455
/// each.
class SubscriptionIds {
 public:
  SubscriptionIds() = default;
  explicit SubscriptionIds(std::uint32_t id) : one_(id) {}
  SubscriptionIds(const SubscriptionIds& other) : one_(other.one_) {
    if (other.many_) many_ = std::make_unique<std::vector<std::uint32_t>>(*other.many_);
  }
  SubscriptionIds(SubscriptionIds&&) noexcept = default;
  SubscriptionIds& operator=(SubscriptionIds other) noexcept {
    one_ = other.one_;
    many_ = std::move(other.many_);
    return *this;
  }
  ~SubscriptionIds() = default;

  bool empty() const { return one_ == 0 && !many_; }
  /// 0 is no identifier and adds nothing.
  void add(std::uint32_t id) {
    if (id == 0) return;
    if (empty()) {
      one_ = id;
      return;
    }
    if (!many_) many_ = std::make_unique<std::vector<std::uint32_t>>(1, one_);
    many_->push_back(id);
  }
  std::span<const std::uint32_t> values() const {
    if (many_) return *many_;
    return {&one_, one_ == 0 ? std::size_t{0} : std::size_t{1}};
  }

 private:
  std::uint32_t one_ = 0;
  std::unique_ptr<std::vector<std::uint32_t>> many_;
};

}  // namespace meshmq::broker
