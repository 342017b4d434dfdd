#include "rest/call_audit.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <utility>

#include "rest/number.hpp"

namespace meshmq::rest {

namespace {

constexpr std::size_t detail_bytes_max = 1024;
constexpr std::string_view secrets[] = {"password", "pwd", "secret", "cookie", "token"};

bool is_secret(std::string_view name) {
  return std::any_of(std::begin(secrets), std::end(secrets),
                     [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

void hide(boost::json::value& value) {
  if (auto* array = value.if_array()) {
    for (auto& item : *array) hide(item);
  }
  if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      const auto name = member.key();
      if (is_secret({name.data(), name.size()})) {
        member.value() = "***";
      } else {
        hide(member.value());
      }
    }
  }
}

/// What was exported holds what passwords are checked with, by many names.
std::string detail_of(const Route& route, std::string_view body) {
  if (route.body == "ExportedData") return std::to_string(body.size()) + " bytes";
  return body_without_secrets(body);
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string outcome_of_rows(const boost::json::array& rows) {
  std::size_t failed = 0;
  std::int64_t first_code = 0;
  for (const auto& row : rows) {
    const auto* object = row.if_object();
    if (object == nullptr) continue;
    if (text_of(*object, "result") == "refused") {
      const std::string key = text_of(*object, "key");
      return "refused: " + (key.empty() ? key : key + ": ") + text_of(*object, "message");
    }
    const auto* code = object->if_contains("code");
    if (code == nullptr || !code->is_int64() || code->get_int64() == 0) continue;
    if (++failed == 1) first_code = code->get_int64();
  }
  if (failed == 0) return "ok";
  return "code " + std::to_string(first_code) + " for " + std::to_string(failed) + " of " +
         std::to_string(rows.size());
}

}  // namespace

bool changes_something(const Route& route) {
  return route.method != "GET" && !route.path.starts_with("/mqtt/publish") &&
         route.name != "explain_delivery";
}

std::string body_without_secrets(std::string_view body) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  if (error) return {};
  hide(value);
  std::string text = boost::json::serialize(value);
  // Not within a character.
  if (text.size() > detail_bytes_max) {
    std::size_t end = detail_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

std::string outcome_of(const http::Response& response) {
  if (response.status >= 300) return "status " + std::to_string(response.status);
  constexpr std::string_view code = "\"code\":";
  // A failure's code comes first, that of success last.
  const bool failed = response.body.starts_with("{\"code\":");
  if (!failed) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse({response.body.data(), response.body.size()}, error);
    const auto* envelope = error ? nullptr : value.if_object();
    const auto* data = envelope == nullptr ? nullptr : envelope->if_contains("data");
    const auto* rows = data == nullptr ? nullptr : data->if_array();
    return rows == nullptr ? "ok" : outcome_of_rows(*rows);
  }
  const std::string_view rest = std::string_view(response.body).substr(1 + code.size());
  const auto number = number_of(rest.substr(0, rest.find_first_not_of("0123456789")));
  return number.value_or(0) == 0 ? "ok" : "code " + std::to_string(*number);
}

void audit_call(admin::Audit& audit, const http::Request& request, Call& call) {
  if (!audit.on()) return;
  const std::string_view target = request.target;
  admin::AuditEntry entry{.at = call.now.wall,
                          .who = call.who,
                          .from = call.peer,
                          .action = request.method + " " + std::string(target.substr(0, target.find('?'))),
                          .detail = detail_of(*call.route, request.body)};
  call.respond = [&audit, entry = std::move(entry),
                  respond = std::move(call.respond)](http::Response response) {
    admin::AuditEntry done = entry;
    done.result = outcome_of(response);
    audit.record(std::move(done));
    respond(std::move(response));
  };
}

}  // namespace meshmq::rest
