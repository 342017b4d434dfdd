#pragma once
// EMQ X 4.3's modules and plugins by name, and what they are here.

#include <string>
#include <string_view>
#include <vector>

#include "admin/configuration.hpp"
#include "base/json.hpp"

namespace meshmq::admin {

struct ModuleInfo {
  std::string name{};
  std::string description{};
  bool active = false;

  Json json() const;
};

/// Of this node.
std::vector<ModuleInfo> modules_of(const Desk& desk);
std::vector<ModuleInfo> plugins_of(const Desk& desk);

/// Why a module cannot be loaded, unloaded or reloaded (`word`); empty: it can.
std::string module_obstacle(std::string_view name, std::string_view word);
/// What loads or unloads a module that has no obstacle.
ConfigValues module_change(std::string_view name, bool load);

}  // namespace meshmq::admin
