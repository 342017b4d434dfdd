// One question to one node or to all of them.

#include <algorithm>
#include <memory>
#include <utility>

#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

/// What has come so far; the last answer ends it.
struct Gathering {
  Office::AllAnswered done;
  std::vector<std::pair<std::string, Result<Report>>> answers{};
  std::size_t missing = 0;

  void finish() const {
    Gathered gathered;
    for (const auto& [node, report] : answers) {
      if (report) {
        gathered.reports.emplace_back(node, *report);
      } else {
        gathered.unanswered.push_back(node);
      }
    }
    done(gathered);
  }
};

/// `data` is one value, or all of them.
void answer_node(Office& office, const Call& call, const Question& question, bool list, Code silence) {
  office.ask(std::string(call.get("node")), question, call.now,
             [call, list, silence](const Result<Report>& report) {
               if (!report) return call.fail(silence, report.error().message);
               if (report->code != Code::ok) return call.fail(report->code, report->message);
               if (list) return call.ok(Json::array(report->rows, Json::raw));
               report->rows.empty() ? call.ok() : call.ok(Json::raw(report->rows.front()));
             });
}

}  // namespace

Call::Members Gathered::notes() const {
  if (unanswered.empty()) return {};
  return {{"unanswered", Json::strings(unanswered)}};
}

const Report* Gathered::failure() const {
  for (const auto& [node, report] : reports) {
    if (report.code != Code::ok) return &report;
  }
  return nullptr;
}

void Office::ask(const std::string& node, const Question& question, Now now, Answered done) {
  if (node == desk_.name) {
    const Reporter* reporter = find_reporter(question.name);
    if (reporter == nullptr) return done(meshmq::fail(Errc::unsupported, "no such question"));
    return reporter->run(*this, question, now,
                         [done = std::move(done)](Report report) { done(std::move(report)); });
  }
  desk_.ask_node(node, encode(question), now, [done = std::move(done)](const Result<std::string>& answer) {
    if (!answer) return done(tl::unexpected<Error>(answer.error()));
    done(decode_report(*answer));
  });
}

void Office::ask_all(const Question& question, Now now, AllAnswered done) {
  std::vector<std::string> nodes = desk_.control.status().running_nodes;
  // This node's rows first: a page of it costs no other node anything.
  std::stable_partition(nodes.begin(), nodes.end(), [&](const auto& node) { return node == desk_.name; });
  const auto gathering = std::make_shared<Gathering>(Gathering{.done = std::move(done)});
  for (const std::string& node : nodes)
    gathering->answers.emplace_back(node, meshmq::fail(Errc::timed_out, "no answer"));
  gathering->missing = nodes.size();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ask(nodes[i], question, now, [gathering, i](const Result<Report>& report) {
      gathering->answers[i].second = report;
      if (--gathering->missing == 0) gathering->finish();
    });
  }
}

void answer_of_node(Office& office, const Call& call, const Question& question, Code silence) {
  answer_node(office, call, question, false, silence);
}

void answer_rows_of_node(Office& office, const Call& call, const Question& question) {
  answer_node(office, call, question, true, Code::badrpc);
}

void answer_rows_of_all(Office& office, const Call& call, const Question& question) {
  office.ask_all(question, call.now, [call](const Gathered& gathered) {
    if (const Report* failed = gathered.failure()) return call.fail(failed->code, failed->message);
    std::vector<Json> rows;
    for (const auto& [node, report] : gathered.reports) {
      for (const std::string& row : report.rows) rows.push_back(Json::raw(row));
    }
    call.ok(Json::array(rows), gathered.notes());
  });
}

}  // namespace meshmq::rest
