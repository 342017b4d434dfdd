#pragma once
// The limits of zones as they are, and as they were for connections that began before they changed.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "broker/config.hpp"

namespace meshmq::broker {

/// What a client was told in its CONNACK holds for as long as it is connected: connections and sessions point
/// to the limits that they began with. Thread rule: one owner.
class ZoneHistory {
 public:
  explicit ZoneHistory(const Config& config) { add(config); }

  /// For connections that begin now; zone 0 if there is no such zone.
  const Config& zone(std::size_t index) const { return settings_.back()->zone(index); }
  /// The number of a zone, of now or of earlier.
  std::size_t index_of(const Config& zone) const {
    for (const auto& settings : settings_) {
      if (has(*settings, &zone)) return &zone == settings.get() ? 0 : place(*settings, &zone) + 1;
    }
    return 0;
  }
  /// What earlier ones pointed to stays where it is.
  void add(const Config& config) { settings_.push_back(std::make_unique<const Config>(config)); }
  /// Forgets what is not in use any more; what holds now stays.
  void keep_only(const std::set<const Config*>& used) {
    const auto unused = [&](const auto& settings) {
      return settings != settings_.back() &&
             std::none_of(used.begin(), used.end(), [&](const Config* zone) { return has(*settings, zone); });
    };
    std::erase_if(settings_, unused);
  }
  std::size_t size() const { return settings_.size(); }

 private:
  static std::size_t place(const Config& settings, const Config* zone) {
    return static_cast<std::size_t>(zone - settings.more_zones.data());
  }
  static bool has(const Config& settings, const Config* zone) {
    return std::any_of(settings.more_zones.begin(), settings.more_zones.end(),
                       [&](const Config& one) { return &one == zone; }) ||
           zone == &settings;
  }

  std::vector<std::unique_ptr<const Config>> settings_;  ///< the last one holds
};

}  // namespace meshmq::broker
