#pragma once
// What nodes ask each other so that one of them can answer for the cluster: docs/wire/call-v1.md.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "rest/route.hpp"

namespace meshmq::rest {

/// A question that a node answers for itself.
struct Question {
  std::string name;
  Params params{};
};

/// Its answer: JSON values. A single value is a list of one.
struct Report {
  Code code = Code::ok;
  std::string message{};    ///< of a failure
  std::uint64_t total = 0;  ///< values that there are; `rows` may be fewer
  std::vector<std::string> rows{};

  static Report one(const Json& value) { return {.total = 1, .rows = {value.text()}}; }
  static Report failure(Code code, std::string message) {
    return {.code = code, .message = std::move(message)};
  }
};
using ReportDone = std::function<void(Report)>;

struct Reporter {
  std::string_view name;
  void (*run)(Office&, const Question&, Now, const ReportDone&);
};

std::string encode(const Question& question);
std::string encode(const Report& report);
/// Whether a question of another node is one of these.
bool is_question(std::string_view bytes);
Result<Question> decode_question(std::string_view bytes);
Result<Report> decode_report(std::string_view bytes);

/// Each part of the API has its table.
std::span<const Reporter> node_reporters();
std::span<const Reporter> client_reporters();
std::span<const Reporter> subscription_reporters();
std::span<const Reporter> listener_reporters();
std::span<const Reporter> counter_reporters();
std::span<const Reporter> alarm_reporters();
std::span<const Reporter> live_reporters();
std::span<const Reporter> trace_reporters();
std::span<const Reporter> watch_reporters();
std::span<const Reporter> module_reporters();
const Reporter* find_reporter(std::string_view name);

}  // namespace meshmq::rest
