#include "rest/office.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "admin/accounts.hpp"
#include "admin/command_table.hpp"
#include "node/access_admin.hpp"
#include "rest/body.hpp"
#include "rest/call_audit.hpp"

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

/// A page of another site that makes a browser send what it remembers.
bool comes_from_elsewhere(const http::Request& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return !reads && has_foreign_origin(request);
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
    : desk_(desk), settings_(std::move(settings)), log_(log), tokens_(settings_.token_lifetime) {}

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
  call.token = bearer_token(request.header("authorization"));
  if (!call.token.empty()) {
    if (admit_token(call)) run(request, std::move(call));
    return;
  }
  const auto credential = basic_credential(request.header("authorization"));
  if (!credential) return call.respond(unauthorized());
  if (slow_down(call)) return;
  if (!knows(*credential, call.now)) {
    failed(call, credential->id);
    return call.respond(unauthorized());
  }
  succeeded(call);
  call.who = credential->id;
  run(request, std::move(call));
}

/// False: it has been refused.
bool Office::admit_token(Call& call) {
  const Tokens::Session* session = session_of(call.token, call.now);
  if (session == nullptr) {
    // A page that asks with a token has its own way to ask for a password: no dialogue of the browser.
    http::Response response = unauthorized();
    response.headers.clear();
    call.respond(std::move(response));
  } else if (session->change_first && call.route->name != "change_pwd") {
    call.fail(Code::wrong_password, "The password is one that everybody knows: choose another one first.",
              403);
  } else {
    call.who = session->username;
    return true;
  }
  return false;
}

const Tokens::Session* Office::session_of(std::string_view token, Now now) const {
  const Tokens::Session* session = tokens_.find(token, now);
  // Deleted, or with another password, perhaps on another node: the login is over.
  const bool over = session != nullptr && password_hash(session->username) != session->hash;
  return over ? nullptr : session;
}

bool Office::logged_in(std::string_view token, Now now) const {
  const Tokens::Session* session = session_of(token, now);
  return session != nullptr && !session->change_first;
}

std::optional<std::string> Office::password_hash(const std::string& username) const {
  if (const auto known = desk_.control.access().accounts().administrator(username)) return known->hash;
  return username == desk_.defaults.user.id ? std::optional(std::string()) : std::nullopt;
}

double Office::cpu_use(const admin::SystemLoad& load) {
  const auto before = std::exchange(seen_load_, load);
  if (!before || load.cpu_ticks <= before->cpu_ticks || load.cpu_busy_ticks < before->cpu_busy_ticks)
    return 0;
  const auto busy = static_cast<double>(load.cpu_busy_ticks - before->cpu_busy_ticks);
  return 100 * busy / static_cast<double>(load.cpu_ticks - before->cpu_ticks);
}

bool Office::slow_down(const Call& call) {
  const Duration wait = guard_.wait(call.peer, call.now);
  if (wait.count() > 0) call.respond(too_many(wait));
  return wait.count() > 0;
}

void Office::failed(const Call& call, std::string_view who) {
  guard_.failed(call.peer, call.now);
  log_.warning("Management API: wrong credentials of '{}' from {}", who, call.peer);
}

bool Office::knows(const Credential& credential, Now now) {
  const auto application = admin::application_of(desk_, credential.id);
  return application && application->usable(now.wall) && same_secret(credential.secret, application->secret);
}

void Office::run(const http::Request& request, Call call) {
  const admin::Audit::Acting acting(desk_.audit, {call.who, call.peer});
  if (changes_something(*call.route)) audit_call(desk_.audit, request, call);
  if (!call.route->body.empty()) {
    auto body = parse_body(request.body);
    if (!body) {
      const Json text = Json::object(
          {{"code", static_cast<int>(Code::not_json)}, {"message", "Bad Request: " + body.error().message}});
      return call.respond({.status = 400, .body = text.text()});
    }
    call.body = std::move(*body);
  }
  const std::uint64_t count = desk_.control.operator_writes().count();
  call.respond = [&desk = desk_, count, now = call.now,
                  respond = std::move(call.respond)](http::Response response) {
    if (!desk.has_written_since(count)) return respond(std::move(response));
    desk.when_known(now, [response = std::move(response), respond] { respond(response); });
  };
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
