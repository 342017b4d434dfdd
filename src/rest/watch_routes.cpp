// Slow subscribers, topics that are counted one by one, and what operators have done.

#include <algorithm>
#include <iterator>

#include "admin/audit.hpp"
#include "admin/watches.hpp"
#include "base/bytes.hpp"
#include "rest/body.hpp"
#include "rest/number.hpp"
#include "rest/office.hpp"
#include "rest/paging.hpp"

namespace meshmq::rest {

namespace {

/// Rows `<number> <JSON>` of all nodes, the largest number first, without it.
std::vector<Json> sorted_rows(const Gathered& gathered) {
  std::vector<std::pair<std::uint64_t, std::string>> all;
  for (const auto& [node, report] : gathered.reports) {
    for (const std::string& row : report.rows) {
      const std::size_t blank = std::min(row.find(' '), row.size() - 1);
      all.emplace_back(number_of(std::string_view(row).substr(0, blank)).value_or(0), row.substr(blank + 1));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Json> rows;
  for (auto& [number, json] : all) rows.push_back(Json::raw(std::move(json)));
  return rows;
}

// ---------------------------------------------------------------- slow subscribers

void report_slow(Office& office, const Question&, Now now, const ReportDone& done) {
  admin::Desk& desk = office.desk();
  desk.query(node::QueryKind::slow_subscribers, {}, now,
             [&desk, done](const std::vector<node::QueryReply>& replies) {
               Report report;
               for (const auto& slow : admin::slowest_of(replies)) {
                 report.rows.push_back(std::to_string(slow.latency_ms) + " " +
                                       admin::slow_json(slow, desk.name).text());
               }
               report.total = report.rows.size();
               done(std::move(report));
             });
}

void report_clear_slow(Office& office, const Question&, Now now, const ReportDone& done) {
  office.desk().query(node::QueryKind::clear_slow_subscribers, {}, now,
                      [done](const std::vector<node::QueryReply>&) { done(Report{}); });
}

void list_slow(Office& office, const Call& call) {
  office.ask_all({"slow_subscribers"}, call.now, [&office, call](const Gathered& gathered) {
    std::vector<Json> rows = sorted_rows(gathered);
    const std::size_t most = office.desk().control.access().config().broker.slow_subscribers.top_k;
    if (rows.size() > most) rows.resize(most);
    call.ok(Json::array(rows), gathered.notes());
  });
}

void clear_slow(Office& office, const Call& call) {
  office.ask_all({"clear_slow_subscribers"}, call.now, [call](const Gathered&) { call.ok(); });
}

// ---------------------------------------------------------------- topics

constexpr double rate_unit = 1000;

std::string encode(const broker::TopicCounts& counts) {
  std::string bytes;
  ByteWriter w(bytes);
  w.bytes16(counts.topic);
  for (std::size_t i = 0; i < broker::topic_counters; ++i) {
    w.u64(counts.counts[i]);
    w.u64(static_cast<std::uint64_t>(counts.rates[i] * rate_unit));
  }
  return bytes;
}

/// What cannot be read counts as nothing.
broker::TopicCounts decode(std::string_view bytes) {
  ByteReader r(bytes);
  broker::TopicCounts counts;
  counts.topic = r.bytes16();
  for (std::size_t i = 0; i < broker::topic_counters; ++i) {
    counts.counts[i] = r.u64();
    counts.rates[i] = static_cast<double>(r.u64()) / rate_unit;
  }
  return counts;
}

void report_topics(Office& office, const Question&, Now now, const ReportDone& done) {
  office.desk().query(node::QueryKind::topic_counts, {}, now,
                      [done](const std::vector<node::QueryReply>& replies) {
                        Report report;
                        for (const auto& counts : admin::topic_counts_of(replies))
                          report.rows.push_back(encode(counts));
                        report.total = report.rows.size();
                        done(std::move(report));
                      });
}

/// done(sums of all nodes, in the order of registration), with what call() has to note.
template <class Done>
void gather_topics(Office& office, const Call& call, Done done) {
  office.ask_all({"topic_metrics"}, call.now, [&office, done](const Gathered& gathered) {
    std::vector<broker::TopicCounts> all;
    for (const auto& [topic, since] : office.desk().control.watches().counted_topics()) {
      all.emplace_back();
      all.back().topic = topic;
    }
    for (const auto& [node, report] : gathered.reports) {
      for (const std::string& row : report.rows) {
        const broker::TopicCounts counts = decode(row);
        if (!counts.topic.empty()) admin::add_counts(all, counts);
      }
    }
    done(all, gathered.notes());
  });
}

void list_topics(Office& office, const Call& call) {
  gather_topics(office, call, [&office, call](const auto& all, const Call::Members& notes) {
    const auto since = office.desk().control.watches().counted_topics();
    call.ok(Json::array(all,
                        [&](const broker::TopicCounts& counts) {
                          const auto known = std::find_if(since.begin(), since.end(), [&](const auto& one) {
                            return one.first == counts.topic;
                          });
                          return Json::object({{"topic", counts.topic},
                                               {"create_time", known == since.end() ? 0 : known->second},
                                               {"metrics", admin::topic_json(counts)}});
                        }),
            notes);
  });
}

void show_topic(Office& office, const Call& call) {
  gather_topics(office, call, [call](const auto& all, const Call::Members& notes) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const auto& counts) { return counts.topic == call.get("topic"); });
    if (found == all.end()) return call.fail(Code::bad_topic, "topic not found");
    call.ok(admin::topic_json(*found), notes);
  });
}

void register_topic(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string topic = body.needed("topic");
  if (!body.good()) return call.fail(body.code(), body.problem());
  const auto counted = office.desk().control.watches().count_topic(topic, call.now);
  counted ? call.ok() : call.fail(Code::bad_topic, counted.error().message);
}

void unregister_topic(Office& office, const Call& call) {
  const bool known = office.desk().control.watches().count_no_more(call.get("topic"), call.now);
  known ? call.ok() : call.fail(Code::bad_topic, "topic not found");
}

void unregister_all(Office& office, const Call& call) {
  node::Watches& watches = office.desk().control.watches();
  for (const auto& [topic, since] : watches.counted_topics()) watches.count_no_more(topic, call.now);
  call.ok();
}

// ---------------------------------------------------------------- audit log

void report_audit(Office& office, const Question& question, Now, const ReportDone& done) {
  const admin::Audit& audit = office.desk().audit;
  const std::vector<admin::AuditEntry> entries = audit.entries();
  Report report;
  report.total = entries.size();
  const std::size_t count = rows_for(question, entries.size());
  for (std::size_t i = 0; i < count; ++i)
    report.rows.push_back(std::to_string(entries[i].at) + " " + entries[i].json(audit.node()).text());
  done(std::move(report));
}

/// The newest first, of all nodes: each is asked for as many as the page could hold.
void list_audit(Office& office, const Call& call) {
  const auto page = Page::of(call, office.settings());
  if (!page) return call.fail(Code::bad_parameter, page.error().message);
  Question question{"audit"};
  question.params[std::string(rows_wanted)] = std::to_string(page->end());
  office.ask_all(question, call.now, [call, page = *page](const Gathered& gathered) {
    std::size_t total = 0;
    for (const auto& [node, report] : gathered.reports) total += report.total;
    std::vector<Json> rows = sorted_rows(gathered);
    rows.resize(std::min(rows.size(), page.end()));
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), page.first())));
    Call::Members meta = page.meta(total, false);
    for (auto& note : gathered.notes()) meta.push_back(std::move(note));
    call.ok(Json::array(rows), meta);
  });
}

constexpr Route watch_rows[] = {
    {.method = "GET",
     .path = "/slow_subscriptions",
     .name = "list_slow_subscriptions",
     .help = "The slowest subscribers of all nodes, the slowest first",
     .run = list_slow,
     .data = "[SlowSubscription]"},
    {.method = "DELETE",
     .path = "/slow_subscriptions",
     .name = "clear_slow_subscriptions",
     .help = "Forgets them, on all nodes",
     .run = clear_slow},
    {.method = "GET",
     .path = "/topic-metrics",
     .name = "list_all_topic_metrics",
     .help = "Topics that are counted, with the sums and rates of all nodes",
     .run = list_topics,
     .data = "[TopicMetrics]"},
    {.method = "GET",
     .path = "/topic-metrics/:topic",
     .name = "list_topic_metrics",
     .help = "Those of one topic",
     .run = show_topic,
     .data = "any"},
    {.method = "POST",
     .path = "/topic-metrics",
     .name = "register_topic_metrics",
     .help = "Counts a topic from now on, on all nodes",
     .run = register_topic,
     .body = "TopicName"},
    {.method = "DELETE",
     .path = "/topic-metrics",
     .name = "unregister_all_topic_metrics",
     .help = "Counts none any more",
     .run = unregister_all},
    {.method = "DELETE",
     .path = "/topic-metrics/:topic",
     .name = "unregister_topic_metrics",
     .help = "Counts a topic no more",
     .run = unregister_topic},
    {.method = "GET",
     .path = "/audit",
     .name = "list_audit",
     .help = "What operators have done on all nodes, the newest first",
     .run = list_audit,
     .data = "[AuditEntry]",
     .query = page_parameters,
     .meta = Meta::page},
};

constexpr Reporter watch_reports[] = {{"slow_subscribers", report_slow},
                                      {"clear_slow_subscribers", report_clear_slow},
                                      {"topic_metrics", report_topics},
                                      {"audit", report_audit}};

}  // namespace

std::span<const Route> watch_routes() {
  return watch_rows;
}

std::span<const Reporter> watch_reporters() {
  return watch_reports;
}

}  // namespace meshmq::rest
