// meshmq_bench: a load generator for MQTT brokers, ours and others.

#include "bench/meshmq_bench/options.hpp"
#include "bench/meshmq_bench/result.hpp"

int main(int argc, char** argv) {
  using namespace meshmq::bench;
  Options options;
  if (const auto exit_code = parse_options(argc, argv, options)) return *exit_code;
  const RunResult result = run(options, [&](const RunResult& now) {
    if (!options.json) print_ready(options, now);
  });
  options.json ? print_json(options, result) : print_text(options, result);
  return result.exit_code;
}
