#include "server/component_settings.hpp"

namespace meshmq::server {

mesh::MeshOptions mesh_options(const config::Config& config) {
  mesh::MeshOptions options;
  options.node = config.node.name;
  options.cookie = config.mesh.cookie;
  options.port_min = config.mesh.dist_listen_min;
  options.port_max = config.mesh.dist_listen_max;
  options.ipv6 = config.mesh.ipv6();
  options.epmd = config.mesh.epmd;
  options.epmd_port = config.mesh.epmd_port;
  options.tick_time = config.mesh.net_ticktime;
  options.setup_time = config.mesh.net_setuptime;
  return options;
}

admin::SysIntervals sys_intervals(const config::Config& config) {
  return {.interval = config.monitoring.sys_interval, .heartbeat = config.monitoring.sys_heartbeat};
}

admin::OsMonitorSettings os_monitor_settings(const config::Config& config) {
  const config::Monitoring& monitoring = config.monitoring;
  return {.cpu_check_interval = monitoring.cpu_check_interval,
          .cpu_high_watermark = monitoring.cpu_high_watermark,
          .cpu_low_watermark = monitoring.cpu_low_watermark,
          .mem_check_interval = monitoring.mem_check_interval,
          .sysmem_high_watermark = monitoring.sysmem_high_watermark,
          .procmem_high_watermark = monitoring.procmem_high_watermark,
          .fd_high_watermark = monitoring.fd_high_watermark,
          .listener_high_watermark = monitoring.listener_high_watermark};
}

admin::AuditSettings audit_settings(const config::Config& config) {
  return {.on = config.audit.on, .entries_max = config.audit.entries_max};
}

}  // namespace meshmq::server
