#pragma once
// What of the configuration each component is given.

#include "admin/audit.hpp"
#include "admin/os_monitor.hpp"
#include "admin/sys_topics.hpp"
#include "config/config.hpp"
#include "mesh/mesh.hpp"

namespace meshmq::server {

mesh::MeshOptions mesh_options(const config::Config& config);
admin::SysIntervals sys_intervals(const config::Config& config);
admin::OsMonitorSettings os_monitor_settings(const config::Config& config);
admin::AuditSettings audit_settings(const config::Config& config);

}  // namespace meshmq::server
