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
  if (!failed) return "ok";
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
