#include "config/expanded_table.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

using R = ForeignKey::Reason;

constexpr ForeignKey foreign_table[] = {
    // ---- node: the virtual machine
    {"node.heartbeat", R::not_here},
    {"node.async_threads", R::not_here},
    {"node.process_limit", R::not_here},
    {"node.max_ports", R::not_here},
    {"node.dist_buffer_size", R::not_here},
    {"node.max_ets_tables", R::not_here},
    {"node.global_gc_interval", R::not_here},
    {"node.fullsweep_after", R::not_here},
    {"node.crash_dump", R::not_here},
    {"node.backtrace_depth", R::not_here},
    {"node.dist_net_ticktime", R::not_here},
    {"node.dist_use_interface", R::not_yet, "0.0.0.0", true},
    {"rpc.**", R::not_here},

    // ---- cluster
    {"cluster.mcast.buffer", R::not_here},

    // ---- log
    {"log.logger_sasl_compatible", R::not_here},
    {"log.chars_limit", R::not_yet, "-1"},
    {"log.max_depth", R::not_here},
    {"log.formatter.**", R::not_yet},
    {"log.single_line", R::not_yet, "true"},
    {"log.size", R::not_yet},
    {"log.*.file", R::not_yet},
    {"log.sync_mode_qlen", R::not_here},
    {"log.drop_mode_qlen", R::not_here},
    {"log.flush_qlen", R::not_here},
    {"log.overload_kill", R::not_here},
    {"log.overload_kill_mem_size", R::not_here},
    {"log.overload_kill_qlen", R::not_here},
    {"log.overload_kill_restart_after", R::not_here},
    {"log.burst_limit", R::not_yet, "disabled"},
    {"log.sasl", R::not_here},
    {"log.error_logger", R::not_here},

    // ---- who may do what: nothing is silently left open
    {"enable_acl_cache", R::not_here, "on"},
    {"acl_cache_max_size", R::not_here, "32"},
    {"acl_cache_ttl", R::not_here, "1m"},

    // ---- zone
    {"zone.*.enable_stats", R::not_here},
    {"zone.*.publish_limit", R::not_yet},
    {"zone.*.rate_limit.*", R::not_yet},
    {"zone.*.quota.*", R::not_yet},
    {"zone.*.conn_congestion.*", R::not_yet},
    {"zone.*.force_gc_policy", R::not_here},
    {"zone.*.force_shutdown_policy", R::not_here},

    // ---- listeners
    {"listener.{tcp,ssl,ws,wss}.*.acceptors", R::not_here},
    {"listener.{tcp,ssl,ws,wss}.*.active_n", R::not_here},
    {"listener.{tcp,ssl,ws,wss}.*.rate_limit", R::not_yet},
    {"listener.{tcp,ssl,ws,wss}.*.send_timeout_close", R::not_yet, "on"},
    {"listener.{tcp,ssl,ws,wss}.*.buffer", R::not_here},
    {"listener.{tcp,ssl,ws,wss}.*.tune_buffer", R::not_here},
    {"listener.{tcp,ssl,ws,wss}.*.reuseaddr", R::not_here, "true"},
    {"listener.{ws,wss}.*.verify_protocol_header", R::not_here, "on"},
    {"listener.{ws,wss}.*.idle_timeout", R::not_here},

    // ---- the rest of the broker
    {"broker.enable_session_registry", R::not_yet, "on"},
    {"broker.session_locking_strategy", R::not_yet},
    {"broker.route_batch_clean", R::not_yet},
    {"broker.perf.**", R::not_yet},
    {"plugins.**", R::not_here},
    {"modules.**", R::not_here},
    {"sysmon.**", R::not_here},
    {"os_mon.procmem_high_watermark", R::not_here},
    {"vm_mon.**", R::not_here},
    {"dashboard.listener.{http,https}.acceptors", R::not_here},
    {"management.listener.{http,https}.acceptors", R::not_here},
    {"dashboard.listener.{http,https}.inet6", R::not_yet, "false"},
    {"management.listener.{http,https}.inet6", R::not_yet, "false"},
    {"dashboard.listener.{http,https}.ipv6_v6only", R::not_yet, "false"},
    {"management.listener.{http,https}.ipv6_v6only", R::not_yet, "false"},
    {"management.listener.{http,https}.backlog", R::not_here},
    {"management.listener.{http,https}.send_timeout", R::not_here},
    {"management.listener.{http,https}.send_timeout_close", R::not_here},
    {"telemetry.**", R::not_here},
    {"prometheus.push.gateway.server", R::not_yet},
    {"prometheus.interval", R::not_yet},
    {"prometheus.collector", R::not_yet},
};

}  // namespace

std::span<const ForeignKey> foreign_keys() {
  static const ExpandedTable<ForeignKey> all({foreign_table});
  return all.keys();
}

}  // namespace meshmq::config
