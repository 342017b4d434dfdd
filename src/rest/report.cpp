#include "rest/report.hpp"

#include "base/bytes.hpp"

namespace meshmq::rest {

namespace {

/// Questions of kind 1 are commands: admin/answer.hpp.
constexpr std::uint8_t kind_question = 2;
constexpr std::uint8_t kind_report = 2;

constexpr auto report_groups = {
    node_reporters,  client_reporters, subscription_reporters, listener_reporters, counter_reporters,
    alarm_reporters, live_reporters,   trace_reporters,        watch_reporters,    module_reporters};

}  // namespace

const Reporter* find_reporter(std::string_view name) {
  for (const auto group : report_groups) {
    for (const Reporter& reporter : group()) {
      if (reporter.name == name) return &reporter;
    }
  }
  return nullptr;
}

bool is_question(std::string_view bytes) {
  return !bytes.empty() && static_cast<std::uint8_t>(bytes[0]) == kind_question;
}

std::string encode(const Question& question) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(kind_question);
  w.bytes32(question.name);
  w.varint(question.params.size());
  for (const auto& [name, value] : question.params) {
    w.bytes32(name);
    w.bytes32(value);
  }
  return bytes;
}

std::string encode(const Report& report) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(kind_report);
  w.u16(static_cast<std::uint16_t>(report.code));
  w.bytes32(report.message);
  w.varint(report.total);
  w.varint(report.rows.size());
  for (const std::string& row : report.rows) w.bytes32(row);
  return bytes;
}

Result<Question> decode_question(std::string_view bytes) {
  ByteReader r(bytes);
  if (r.u8() != kind_question) return fail(Errc::unsupported, "a question of an unknown kind");
  Question question;
  question.name = r.bytes32();
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    std::string name(r.bytes32());
    question.params[std::move(name)] = r.bytes32();
  }
  if (!r.ok()) return fail(Errc::malformed, "a question is cut short");
  return question;
}

Result<Report> decode_report(std::string_view bytes) {
  ByteReader r(bytes);
  // A node of an earlier version refuses in words.
  if (r.u8() != kind_report) return fail(Errc::unsupported, "the node does not know this question");
  Report report;
  report.code = static_cast<Code>(r.u16());
  report.message = r.bytes32();
  report.total = r.varint();
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) report.rows.emplace_back(r.bytes32());
  if (!r.ok()) return fail(Errc::malformed, "an answer that cannot be read");
  return report;
}

}  // namespace meshmq::rest
