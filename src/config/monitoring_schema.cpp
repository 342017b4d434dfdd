// Keys of what a node tells of itself and watches: $SYS, alarms, the machine.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void set_monitoring(Target& t, const Value& v) {
  assign(t.config.monitoring.*Field, v);
}

template <auto Field>
void alarm(Target& t, const Value& v) {
  assign(t.config.node.alarms.*Field, v);
}
void alarm_actions(Target& t, const Value& v) {
  t.config.node.alarms.log = v.text.find("log") != std::string::npos;
  t.config.node.alarms.publish = v.text.find("publish") != std::string::npos;
}

using A = node::AlarmSettings;
constexpr Range percent{1, 100};
constexpr Range report_interval{1000, INT64_MAX};

constexpr Key monitoring_table[] = {
    {"broker.sys_interval", Type::duration_s, "1m",
     "How often version, nodes, statistics and metrics are published below $SYS",
     set_monitoring<&Monitoring::sys_interval>, report_interval},
    {"broker.sys_heartbeat", Type::duration_s, "30s", "The same of uptime and time",
     set_monitoring<&Monitoring::sys_heartbeat>, report_interval},
    {"alarm.actions",
     Type::word,
     "log,publish",
     "What happens when an alarm begins or ends",
     alarm_actions,
     {},
     "log,publish publish,log log publish none"},
    {"alarm.size_limit",
     Type::integer,
     "1000",
     "Alarms kept that are over; 0: no limit",
     alarm<&A::size_limit>,
     {0, UINT32_MAX}},
    {"alarm.validity_period", Type::duration_s, "24h", "How long they are kept", alarm<&A::validity_period>,
     report_interval},
    {"os_mon.cpu_check_interval", Type::duration_s, "60s", "How often the processors are looked at",
     set_monitoring<&Monitoring::cpu_check_interval>, report_interval},
    {"os_mon.cpu_high_watermark", Type::percent, "80%", "Above this the alarm high_cpu_usage is raised",
     set_monitoring<&Monitoring::cpu_high_watermark>, percent},
    {"os_mon.cpu_low_watermark", Type::percent, "60%", "Below this it ends",
     set_monitoring<&Monitoring::cpu_low_watermark>, percent},
    {"os_mon.mem_check_interval", Type::duration_s, "60s", "How often the memory is looked at",
     set_monitoring<&Monitoring::mem_check_interval>, report_interval},
    {"os_mon.sysmem_high_watermark", Type::percent, "70%",
     "Above this the alarm high_system_memory_usage is raised",
     set_monitoring<&Monitoring::sysmem_high_watermark>, percent},
    {"os_mon.process_memory_high_watermark", Type::percent, "60%",
     "Above this share of the machine's memory the alarm high_process_memory_usage is raised",
     set_monitoring<&Monitoring::procmem_high_watermark>, percent},
    {"os_mon.fd_high_watermark", Type::percent, "80%",
     "Above this share of the descriptors that the process may have the alarm too_many_descriptors is raised",
     set_monitoring<&Monitoring::fd_high_watermark>, percent},
    {"os_mon.listener_high_watermark", Type::percent, "95%",
     "Above this share of its max_connections the alarm listener_full/<id> is raised",
     set_monitoring<&Monitoring::listener_high_watermark>, percent},
};

}  // namespace

std::span<const Key> monitoring_keys() {
  return monitoring_table;
}

}  // namespace meshmq::config
