#pragma once
// How busy the machine is, as Linux tells it.

#include <string_view>

#include "admin/host.hpp"

namespace meshmq::server {

/// From the texts of /proc/stat and /proc/meminfo. Fields that are not there stay 0.
admin::SystemLoad parse_system_load(std::string_view stat, std::string_view meminfo);
/// Of now.
admin::SystemLoad read_system_load();

}  // namespace meshmq::server
