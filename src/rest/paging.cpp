#include "rest/paging.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace meshmq::rest {

namespace {

std::optional<std::size_t> positive(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number > 0 && number <= std::numeric_limits<std::uint32_t>::max() ? std::optional(number)
                                                                                    : std::nullopt;
}

struct Rows {
  std::size_t total = 0;
  std::vector<Json> page;
};

/// The page's part of rows that stand one behind the other.
class Cutter {
 public:
  explicit Cutter(const Page& page) : page_(page) {}
  void add(const Report& report) {
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
      const std::size_t at = rows_.total + i;
      if (at >= page_.first() && at < page_.end()) rows_.page.push_back(Json::raw(report.rows[i]));
    }
    rows_.total += std::max<std::size_t>(report.total, report.rows.size());
  }
  const Rows& rows() const { return rows_; }

 private:
  const Page page_;
  Rows rows_;
};

void answer(const Call& call, const Page& page, const Rows& rows, bool filtered, const Call::Members& notes) {
  Call::Members meta = page.meta(rows.total, filtered);
  if (call.route->meta == Meta::more) meta.emplace_back("hasnext", rows.total > page.end());
  meta.insert(meta.end(), notes.begin(), notes.end());
  call.ok(Json::array(rows.page), meta);
}

}  // namespace

Result<Page> Page::of(const Call& call, const Settings& settings) {
  Page page{.number = 1, .limit = settings.rows_max};
  for (const auto& [name, field] : {std::pair("_page", &page.number), std::pair("_limit", &page.limit)}) {
    const std::string_view text = call.get(name);
    if (text.empty()) continue;
    const auto number = positive(text);
    if (!number)
      return meshmq::fail(Errc::invalid_argument, std::string(name) + " must be an integer from 1");
    *field = *number;
  }
  page.limit = std::min(page.limit, settings.rows_max);
  return page;
}

Call::Members Page::meta(std::size_t total, bool filtered) const {
  return {{"page", number}, {"limit", limit}, {"count", filtered ? Json(-1) : Json(total)}};
}

std::size_t rows_for(const Question& question, std::size_t total) {
  const auto given = question.params.find(rows_wanted);
  const auto wanted = given == question.params.end() ? std::nullopt : positive(given->second);
  return wanted ? std::min(*wanted, total) : total;
}

void answer_page_of_all(Office& office, const Call& call, Question question, bool filtered) {
  const auto page = Page::of(call, office.settings());
  if (!page) return call.fail(Code::bad_parameter, page.error().message);
  question.params[std::string(rows_wanted)] = std::to_string(page->end());
  office.ask_all(question, call.now, [call, page = *page, filtered](const Gathered& gathered) {
    if (const Report* failed = gathered.failure()) return call.fail(failed->code, failed->message);
    Cutter cutter(page);
    for (const auto& [node, report] : gathered.reports) cutter.add(report);
    answer(call, page, cutter.rows(), filtered, gathered.notes());
  });
}

void answer_page_of_node(Office& office, const Call& call, Question question, bool filtered) {
  const auto page = Page::of(call, office.settings());
  if (!page) return call.fail(Code::bad_parameter, page.error().message);
  question.params[std::string(rows_wanted)] = std::to_string(page->end());
  office.ask(std::string(call.get("node")), question, call.now,
             [call, page = *page, filtered](const Result<Report>& report) {
               if (!report) return call.fail(Code::badrpc, report.error().message);
               if (report->code != Code::ok) return call.fail(report->code, report->message);
               Cutter cutter(page);
               cutter.add(*report);
               answer(call, page, cutter.rows(), filtered, {});
             });
}

void answer_page(const Call& call, const Settings& settings, const std::vector<Json>& rows) {
  const auto page = Page::of(call, settings);
  if (!page) return call.fail(Code::bad_parameter, page.error().message);
  Rows cut{.total = rows.size(), .page = {}};
  for (std::size_t i = page->first(); i < std::min(page->end(), rows.size()); ++i)
    cut.page.push_back(rows[i]);
  answer(call, *page, cut, false, {});
}

}  // namespace meshmq::rest
