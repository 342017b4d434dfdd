#pragma once
// Integers that cannot be mixed up. `using WorkerIndex = StrongId<struct WorkerIndexTag, std::uint16_t>;`

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace meshmq {

template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace meshmq

template <class Tag, class Rep>
struct std::hash<meshmq::StrongId<Tag, Rep>> {
  std::size_t operator()(meshmq::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value); }
};
