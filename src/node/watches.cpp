#include "node/watches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "base/bytes.hpp"
#include "node/decoded_rows.hpp"
#include "topic/filter.hpp"

namespace meshmq::node {

namespace {

constexpr std::size_t name_bytes_max = 64;

/// It names a file.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

}  // namespace

std::string_view TraceRow::status(WallMillis now) const {
  if (running(now)) return "running";
  return now < start_at ? "waiting" : "stopped";
}

std::string TraceRow::encode() const {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(kind));
  w.u8(static_cast<std::uint8_t>(level));
  w.u64(static_cast<std::uint64_t>(start_at));
  w.u64(static_cast<std::uint64_t>(end_at));
  w.bytes16(value);
  return bytes;
}

std::optional<TraceRow> TraceRow::decode(std::string_view bytes) {
  ByteReader r(bytes);
  TraceRow row;
  row.kind = static_cast<broker::TraceKind>(r.u8());
  row.level = static_cast<LogLevel>(r.u8());
  row.start_at = static_cast<WallMillis>(r.u64());
  row.end_at = static_cast<WallMillis>(r.u64());
  row.value = r.bytes16();
  const bool known = row.kind >= broker::TraceKind::client_id && row.kind <= broker::TraceKind::ip_address &&
                     row.level <= LogLevel::critical;
  if (!r.ok() || !known) return std::nullopt;
  return row;
}

Watches::Watches(const WatchLimits& limits, SharedTables& shared, SharedWriter& writer)
    : limits_(limits), writer_(writer) {
  shared.add(SharedTable::traces, traces_);
  shared.add(SharedTable::topic_metrics, topics_);
  const auto note = [this](std::string_view, std::string_view) { changed_ = true; };
  traces_.on_change = note;
  topics_.on_change = note;
}

// ---------------------------------------------------------------- traces

Result<void> Watches::start(std::string_view name, TraceRow row, Duration duration, Now now) {
  if (!is_name(name))
    return fail(Errc::invalid_argument,
                fmt::format("a trace's name has up to {} letters, digits, _ and -", name_bytes_max));
  if (row.value.empty() || row.value.size() > 65535) return fail(Errc::invalid_argument, "nothing to trace");
  if (row.kind == broker::TraceKind::topic && !topic::is_valid_filter(row.value))
    return fail(Errc::invalid_argument, "not a topic filter: " + row.value);
  if (traces_.find(name) != nullptr)
    return fail(Errc::already_exists, fmt::format("there is a trace {}", name));
  if (traces_.size() >= limits_.traces_max)
    return fail(Errc::limit_exceeded,
                fmt::format("there are {} traces (trace.max_traces)", limits_.traces_max));
  if (duration.count() == 0) duration = limits_.duration;
  if (duration > limits_.duration_max) {
    return fail(Errc::limit_exceeded,
                fmt::format("longer than {} s (trace.max_duration)", limits_.duration_max.count() / 1000));
  }
  if (row.start_at == 0) row.start_at = now.wall;
  row.end_at = row.start_at + duration.count();
  writer_.write(SharedTable::traces, traces_, name, row.encode(), now);
  return {};
}

bool Watches::stop(std::string_view name, Now now) {
  auto row = find(name);
  if (!row || row->end_at <= now.wall) return false;
  row->end_at = now.wall;
  row->start_at = std::min(row->start_at, row->end_at);
  writer_.write(SharedTable::traces, traces_, name, row->encode(), now);
  return true;
}

bool Watches::remove(std::string_view name, Now now) {
  if (traces_.find(name) == nullptr) return false;
  writer_.write(SharedTable::traces, traces_, name, {}, now);
  return true;
}

std::optional<TraceRow> Watches::find(std::string_view name) const {
  return find_row<TraceRow>(traces_, name);
}

std::vector<std::pair<std::string, TraceRow>> Watches::traces() const {
  std::vector<std::pair<std::string, TraceRow>> result;
  for_each_row<TraceRow>(traces_, [&](std::string_view name, TraceRow row) {
    if (is_name(name)) result.emplace_back(name, std::move(row));
  });
  return result;
}

std::vector<std::string> Watches::names() const {
  std::vector<std::string> result;
  for (auto& [name, row] : traces()) result.push_back(std::move(name));
  return result;
}

// ---------------------------------------------------------------- topics

Result<void> Watches::count_topic(std::string_view topic, Now now) {
  if (!topic::is_valid_name(topic) || topic.size() > 65535)
    return fail(Errc::invalid_argument, fmt::format("not a topic name: {}", topic));
  if (topics_.find(topic) != nullptr) return fail(Errc::already_exists, "already existed");
  if (topics_.size() >= limits_.topics_max) {
    return fail(Errc::limit_exceeded,
                fmt::format("{} topics are counted (module.topic_metrics.max_topics)", limits_.topics_max));
  }
  std::string since;
  ByteWriter(since).u64(static_cast<std::uint64_t>(now.wall));
  writer_.write(SharedTable::topic_metrics, topics_, topic, since, now);
  return {};
}

bool Watches::count_no_more(std::string_view topic, Now now) {
  if (topics_.find(topic) == nullptr) return false;
  writer_.write(SharedTable::topic_metrics, topics_, topic, {}, now);
  return true;
}

std::vector<std::pair<std::string, WallMillis>> Watches::counted_topics() const {
  std::vector<std::pair<std::string, WallMillis>> result;
  topics_.for_each_live([&](std::string_view topic, std::string_view since) {
    result.emplace_back(topic, static_cast<WallMillis>(ByteReader(since).u64()));
  });
  return result;
}

// ---------------------------------------------------------------- workers

bool Watches::changed(Now now) {
  const bool due = next_ != 0 && next_ <= now.wall;
  if (!due && !changed_) return false;
  changed_ = false;
  next_ = 0;
  for (const auto& [name, row] : traces()) {
    for (const WallMillis at : {row.start_at, row.end_at}) {
      if (at > now.wall && (next_ == 0 || at < next_)) next_ = at;
    }
  }
  return true;
}

broker::TracesPtr Watches::running(Now now) const {
  auto result = std::make_shared<std::vector<broker::Trace>>();
  for (const auto& [name, row] : traces()) {
    if (row.running(now.wall)) result->push_back({name, row.kind, row.value, row.level});
  }
  return result;
}

broker::WatchedTopics Watches::topics() const {
  auto result = std::make_shared<std::vector<std::string>>();
  for (const auto& [topic, since] : counted_topics()) result->push_back(topic);
  return result;
}

}  // namespace meshmq::node
