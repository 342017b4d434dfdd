#include "admin/os_monitor.hpp"

#include <fmt/format.h>

#include <cmath>

namespace meshmq::admin {

namespace {

constexpr const char* cpu_alarm = "high_cpu_usage";
constexpr const char* memory_alarm = "high_system_memory_usage";

/// With one decimal.
double percent(std::uint64_t part, std::uint64_t whole) {
  return std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10;
}

}  // namespace

void OsMonitor::tick(Now now) {
  const bool cpu = next_cpu_ <= now.mono;
  const bool memory = next_memory_ <= now.mono;
  if (!cpu && !memory) return;
  const SystemLoad load = host_.system_load();
  if (cpu) {
    next_cpu_ = now.mono + settings_.cpu_check_interval;
    check_cpu(load, now);
  }
  if (memory) {
    next_memory_ = now.mono + settings_.mem_check_interval;
    check_memory(load, now);
    check_process(load, now);
    check_listeners(now);
  }
}

void OsMonitor::check_cpu(const SystemLoad& load, Now now) {
  const auto last = std::exchange(last_, load);
  if (!last || load.cpu_ticks <= last->cpu_ticks) return;
  const double usage = percent(load.cpu_busy_ticks - last->cpu_busy_ticks, load.cpu_ticks - last->cpu_ticks);
  if (usage > settings_.cpu_high_watermark) {
    alarms_.activate(cpu_alarm,
                     Json::object({{"high_watermark", settings_.cpu_high_watermark},
                                   {"low_watermark", settings_.cpu_low_watermark},
                                   {"usage", usage}}),
                     fmt::format("{}% cpu usage", usage), now);
  } else if (usage < settings_.cpu_low_watermark) {
    alarms_.deactivate(cpu_alarm, now);
  }
}

void OsMonitor::check_memory(const SystemLoad& load, Now now) {
  if (load.memory_bytes == 0) return;
  const double usage = percent(load.memory_bytes - load.memory_available_bytes, load.memory_bytes);
  if (usage > settings_.sysmem_high_watermark) {
    alarms_.activate(memory_alarm, Json::object({{"high_watermark", settings_.sysmem_high_watermark}}),
                     fmt::format("System memory usage is higher than {}%", settings_.sysmem_high_watermark),
                     now);
  } else {
    alarms_.deactivate(memory_alarm, now);
  }
}

void OsMonitor::check(const std::string& alarm, std::string_view what, std::uint64_t part,
                      std::uint64_t whole, unsigned watermark, Now now) {
  if (whole == 0) return;
  const double usage = percent(part, whole);
  if (usage <= watermark) {
    alarms_.deactivate(alarm, now);
    return;
  }
  alarms_.activate(alarm, Json::object({{"high_watermark", watermark}, {"usage", usage}}),
                   fmt::format("{}% of {}", usage, what), now);
}

void OsMonitor::check_process(const SystemLoad& load, Now now) {
  const RuntimeInfo process = host_.runtime();
  check("high_process_memory_usage", "the machine's memory is used by the process", process.resident_bytes,
        load.memory_bytes, settings_.procmem_high_watermark, now);
  check("too_many_descriptors", "the descriptors that the process may have are open (ulimit -n)",
        process.descriptors, process.descriptors_max, settings_.fd_high_watermark, now);
}

void OsMonitor::check_listeners(Now now) {
  std::set<std::string> seen;
  for (const ListenerInfo& listener : host_.listeners()) {
    const std::string alarm = "listener_full/" + listener.id;
    seen.insert(alarm);
    check(alarm, "the connections that the listener takes are there (max_connections)", listener.connections,
          listener.connections_max, settings_.listener_high_watermark, now);
  }
  // One that has been stopped is full no more.
  for (const std::string& alarm : full_listeners_) {
    if (!seen.contains(alarm)) alarms_.deactivate(alarm, now);
  }
  full_listeners_ = std::move(seen);
}

}  // namespace meshmq::admin
