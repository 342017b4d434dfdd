#include "rest/office.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "admin/command_table.hpp"
#include "rest/body.hpp"

namespace meshmq::rest {

namespace {

http::Response plain(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

/// As minirest answers.
http::Response unauthorized() {
  http::Response response = plain(401, "UNAUTHORIZED");
  response.headers = {{"WWW-Authenticate", "Basic Realm=\"minirest-server\""}};
  return response;
}

http::Response too_many(Duration wait) {
  http::Response response = plain(429, "Too many attempts with wrong credentials.\n");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.headers = {{"Retry-After", std::to_string(seconds)}};
  return response;
}

/// A page of another site that makes a browser send what it remembers ([RFC 6454] Origin).
bool comes_from_elsewhere(const http::Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return false;
  if (request.header("sec-fetch-site") == "cross-site") return true;
  std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return true;
  return origin.substr(scheme + 3) != request.header("host");
}

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// What a command said that it has not done.
std::string reason_of(const admin::Answer& answer) {
  boost::system::error_code error;
  const auto value = boost::json::parse(answer.text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* reason = object == nullptr ? nullptr : object->if_contains("error");
  return reason != nullptr && reason->is_string() ? std::string(reason->get_string()) : trimmed(answer.text);
}

void finish(const Call& call, const Result<admin::Answer>& answer) {
  if (!answer) return call.fail(Code::badrpc, answer.error().message);
  if (answer->outcome != admin::Outcome::done) return call.fail(Code::unknown, reason_of(*answer));
  call.route->data.empty() ? call.ok() : call.ok(Json::raw(trimmed(answer->text)));
}

}  // namespace

Office::Office(admin::Desk& desk, Settings settings, Logger log)
    : desk_(desk), settings_(std::move(settings)), log_(log) {}

void Office::handle(const http::Request& request, Now now, http::Respond respond) {
  const std::string_view target = request.target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const Found found = find_route(request.method, path);
  if (found.route == nullptr) {
    if (found.other_method) return respond(plain(405, "Method Not Allowed\n"));
    return respond(plain(path.starts_with("/api/v4") ? 404 : 400, "Not found."));
  }
  Call call{.route = found.route,
            .params = found.params,
            .body = nullptr,
            .peer = request.peer,
            .now = now,
            .respond = std::move(respond)};
  auto query = parse_query(target.substr(std::min(mark + 1, target.size())));
  if (!query) return call.respond(plain(400, "Bad Request"));
  call.params.merge(*query);
  if (comes_from_elsewhere(request))
    return call.respond(plain(403, "Another site's page may not do this.\n"));
  admit(request, std::move(call));
}

void Office::admit(const http::Request& request, Call call) {
  const bool metrics = settings_.metrics_need_login && call.route->name == "prometheus_metrics";
  if (call.route->credentials == Credentials::none && !metrics) return run(request, std::move(call));
  if (const Duration wait = guard_.wait(request.peer, call.now); wait.count() > 0)
    return call.respond(too_many(wait));
  const auto credential = basic_credential(request.header("authorization"));
  if (!credential) return call.respond(unauthorized());
  if (!knows(*credential)) {
    guard_.failed(request.peer, call.now);
    log_.warning("Management API: wrong credentials of '{}' from {}", credential->id, request.peer);
    return call.respond(unauthorized());
  }
  guard_.succeeded(request.peer);
  run(request, std::move(call));
}

bool Office::knows(const Credential& credential) const {
  return !settings_.application_id.empty() && credential.id == settings_.application_id &&
         same_secret(credential.secret, settings_.application_secret);
}

void Office::run(const http::Request& request, Call call) {
  if (!call.route->body.empty()) {
    auto body = parse_body(request.body);
    if (!body) {
      const Json text = Json::object(
          {{"code", static_cast<int>(Code::not_json)}, {"message", "Bad Request: " + body.error().message}});
      return call.respond({.status = 400, .body = text.text()});
    }
    call.body = std::move(*body);
  }
  call.route->run(*this, call);
}

void Office::serve(std::string_view question, Now now, const std::function<void(const std::string&)>& done) {
  const auto decoded = decode_question(question);
  const Reporter* reporter = decoded ? find_reporter(decoded->name) : nullptr;
  if (reporter == nullptr)
    return done(encode(Report::failure(Code::unknown, "a question that this node does not know")));
  reporter->run(*this, *decoded, now, [done](const Report& report) { done(encode(report)); });
}

void answer_command(Office& office, const Call& call, const std::string& node,
                    std::vector<std::string> words) {
  const admin::RemoteCommand command{std::move(words), {.json = true}};
  admin::Desk& desk = office.desk();
  if (node != desk.name)
    return desk.ask_peer(node, command, call.now,
                         [call](const Result<admin::Answer>& answer) { finish(call, answer); });
  admin::CommandTable(desk).run(command.words, command.options, call.now,
                                [call](const admin::Answer& answer) { finish(call, answer); });
}

}  // namespace meshmq::rest
