#include "sim/scenario.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace meshmq::sim {

std::shared_ptr<Process> Scenario::find(const std::string& node) {
  const auto it = processes_.find(node);
  return it == processes_.end() ? nullptr : it->second;
}

void Scenario::log(const std::string& node, LogLevel level, std::string_view text) {
  note(fmt::format("{} [{}] {}", node, to_string(level), text));
  if (level == LogLevel::error) violated(fmt::format("{} logs: {}", node, text));
}

void Scenario::note(const std::string& what) {
  if (verbose_) std::printf("%10.3f %s\n", static_cast<double>(scheduler.now_us()) / 1e6, what.c_str());
}

void Scenario::violated(const std::string& what) {
  outcome_.violations.push_back(fmt::format("at {} ms: {}", scheduler.now_us() / 1000, what));
  note("VIOLATION: " + what);
}

node::Config Scenario::next_node(std::uint64_t workers_max) {
  node::Config config;
  config.name = fmt::format("n{}@sim", names_.size() + 1);
  config.workers = static_cast<std::uint16_t>(1 + random_.below(workers_max));
  config.broker.worker_count = config.workers;
  names_.push_back(config.name);
  return config;
}

std::shared_ptr<Process> Scenario::launch(const node::Config& config, std::uint64_t incarnation) {
  auto process =
      std::make_shared<Process>(*this, network_, random_, config, incarnation, images_[config.name]);
  processes_[config.name] = process;
  process->start();
  return process;
}

void Scenario::kill(const std::string& node) {
  const auto process = find(node);
  if (process == nullptr) return;
  process->drop_clients();
  disk(node).crash();
  processes_.erase(node);
  network_.crashed(node);
}

void Scenario::join_all() {
  for (std::size_t i = 1; i < names_.size(); ++i) {
    scheduler.at(static_cast<Micros>(i) * 1_s, [this, node = names_[i]] {
      find(node)->with_control([&](node::Control& control, Now now) {
        control.join(node::OperationId(++last_operation_), names_[0], now);
      });
    });
  }
}

}  // namespace meshmq::sim
