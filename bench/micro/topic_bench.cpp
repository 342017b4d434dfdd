// The topic table at sizes from a worker's to a whole cluster's.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "topic/topic_table.hpp"

namespace meshmq::topic {
namespace {

using Table = TopicTable<std::uint32_t>;

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

/// A fleet's mixture of filters; `n` makes it unique.
std::string fleet_filter(std::uint64_t n) {
  switch (n % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      return "fleet/+/dev/" + number(n) + "/#";
    case 4:
    case 5:
    case 6:
      return "device/" + number(n) + "/+/cmd";
    case 7:
      return "+/+/" + number(n);
    case 8:
      return "site/" + number(n % 1000) + "/+/line/" + number(n) + "/+/temperature";
    default:
      return "tenant/" + number(n % 5000) + "/users/u" + number(n) + "/+/#";
  }
}

/// A topic that exactly fleet_filter(n) matches.
std::string fleet_topic(std::uint64_t n) {
  switch (n % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      return "fleet/f17/dev/" + number(n) + "/state/battery";
    case 4:
    case 5:
    case 6:
      return "device/" + number(n) + "/main/cmd";
    case 7:
      return "any/thing/" + number(n);
    case 8:
      return "site/" + number(n % 1000) + "/hall2/line/" + number(n) + "/s9/temperature";
    default:
      return "tenant/" + number(n % 5000) + "/users/u" + number(n) + "/inbox/new";
  }
}

void fill(Table& table, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n)
    table.insert(fleet_filter(n)).first = static_cast<std::uint32_t>(n);
}

std::vector<std::string> topics(std::uint64_t filters, std::size_t count, const std::string& prefix = "") {
  Random random(11);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(prefix + fleet_topic(random.below(filters)));
  return result;
}

void run_match(benchmark::State& state, const Table& table, const std::vector<std::string>& names) {
  std::uint64_t hits = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    table.match(names[i], [&](std::uint32_t value) { hits += value != UINT32_MAX; });
    if (++i == names.size()) i = 0;
  }
  benchmark::DoNotOptimize(hits);
  state.counters["hits"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
}

/// range(0): filters. Topics all over the table: nearly every probe misses the cache.
void match_random(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  Table table(1);
  fill(table, count);
  run_match(state, table, topics(count, 1 << 17));
}
BENCHMARK(match_random)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

void match_hot(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  Table table(1);
  fill(table, count);
  run_match(state, table, topics(count, 1000));
}
BENCHMARK(match_hot)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

void match_nothing(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  Table table(1);
  fill(table, count);
  run_match(state, table, topics(count, 1 << 17, "other/"));
}
BENCHMARK(match_nothing)->Arg(1'000'000);

void match_exact(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  Table table(1);
  for (std::uint64_t n = 0; n < count; ++n) table.insert(fleet_topic(n));
  run_match(state, table, topics(count, 1 << 17));
}
BENCHMARK(match_exact)->Arg(1000)->Arg(1'000'000);

/// Every combination of `a` and `+` on range(0) levels: each of the 2^n nodes matches, nothing is pruned.
void match_all_forks(benchmark::State& state) {
  const auto levels = static_cast<unsigned>(state.range(0));
  Table table(1);
  std::string topic;
  for (unsigned i = 0; i < levels; ++i) topic += i == 0 ? "a" : "/a";
  for (std::uint64_t mask = 0; mask < (1ULL << levels); ++mask) {
    std::string filter = topic;
    for (unsigned i = 0; i < levels; ++i) {
      if ((mask >> i & 1) != 0) filter[std::size_t{i} * 2] = '+';
    }
    // The last level never matches: all the work for nothing, the worst an attacker can do.
    table.insert(filter + "/x");
  }
  const std::vector<std::string> names{topic + "/y"};
  run_match(state, table, names);
  state.counters["ns_per_filter"] =
      benchmark::Counter(static_cast<double>(1ULL << levels) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(match_all_forks)->Arg(4)->Arg(10)->Arg(16);

/// Inserts and the longest single one: growth must not stall a worker.
void insert_all(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  std::vector<std::string> filters;
  for (std::uint64_t n = 0; n < count; ++n) filters.push_back(fleet_filter(n));
  double worst_us = 0;
  double bytes = 0;
  for (auto _ : state) {
    Table table(1);
    for (const auto& filter : filters) {
      const auto begin = std::chrono::steady_clock::now();
      table.insert(filter);
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      worst_us = std::max(worst_us, took.count());
    }
    bytes = static_cast<double>(table.memory_bytes());
    state.PauseTiming();
    table.clear();
    state.ResumeTiming();
  }
  state.counters["worst_us"] = worst_us;
  state.counters["bytes_per_filter"] = bytes / static_cast<double>(count);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(insert_all)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void insert_and_erase(benchmark::State& state) {
  Table table(1);
  const auto count = static_cast<std::uint64_t>(state.range(0));
  fill(table, count);
  std::uint64_t n = count;
  for (auto _ : state) {
    table.insert(fleet_filter(n));
    table.erase(fleet_filter(n - count));
    ++n;
  }
}
BENCHMARK(insert_and_erase)->Arg(100'000);

}  // namespace
}  // namespace meshmq::topic
