#include "node/admissions.hpp"

#include <fmt/format.h>

#include <utility>

#include "front/peer_address.hpp"
#include "sasl/base64.hpp"
#include "sasl/digest.hpp"

namespace meshmq::node {

using broker::Admission;
using broker::AdmissionRequest;
using mqtt::ReasonCode;

namespace {

constexpr std::size_t nonce_bytes = 24;

Admission refusal(ReasonCode reason, std::string why) {
  return {.reason = reason, .why = std::move(why)};
}

Admission busy() {
  return refusal(ReasonCode::server_busy, "more clients wait than auth.max_pending");
}

/// Takes the same time wherever they differ and however long they are.
bool same_secret(std::string_view a, std::string_view b) {
  return sasl::equal(sasl::hash(sasl::Digest::sha256, a), sasl::hash(sasl::Digest::sha256, b));
}

std::string host_of(std::string_view peername) {
  if (peername.starts_with("unix:")) return "127.0.0.1";
  return std::string(peername.substr(0, peername.rfind(':')));
}

}  // namespace

void Admissions::handle(AdmitRequest& m, Now now) {
  const Asker asker{m.worker, m.token};
  if (auto admission = begin(asker, m.request, now)) answer(asker, *std::move(admission));
}

std::optional<Admission> Admissions::begin(const Asker& asker, AdmissionRequest& request, Now now) {
  const broker::Config& zone = config_.broker.zone(request.zone);
  if (zone.enable_ban && !request.again) {
    if (auto ban = banned(request, now)) return ban;
  }
  if (!request.method.empty()) return begin_exchange(asker, request, now);
  if (!zone.bypass_auth) {
    const Answer configured = ask_configuration(request);
    if (configured == Answer::right) return Admission{};
    std::vector<std::string> hashes = hashes_for(request);
    if (configured == Answer::wrong || !hashes.empty()) {
      if (!request.password) return refusal(ReasonCode::bad_user_name_or_password, "it brought no password");
      if (hashes.empty()) return refusal(ReasonCode::bad_user_name_or_password, "wrong password");
      return ask_checker(asker, *std::move(request.password), std::move(hashes), now);
    }
  }
  if (zone.allow_anonymous) return Admission{.anonymous = true};
  return refusal(ReasonCode::not_authorized, "nobody knows it, and allow_anonymous is false");
}

// ---------------------------------------------------------------- bans

std::optional<Admission> Admissions::banned(const AdmissionRequest& request, Now now) const {
  const Subject subjects[] = {
      {SubjectKind::client_id, request.client_id},
      {SubjectKind::username, request.username},
      Subject::of_peerhost(host_of(request.peername)).value_or(Subject{SubjectKind::peerhost, {}})};
  for (const Subject& subject : subjects) {
    if (subject.name.empty()) continue;
    const auto ban = tables_.ban(subject, now);
    if (!ban) continue;
    return refusal(ReasonCode::banned, fmt::format("{} '{}' is banned by {}: {}", to_string(subject.kind),
                                                   subject.name, ban->by, ban->reason));
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- passwords

Admissions::Answer Admissions::ask_configuration(const AdmissionRequest& request) const {
  Answer answer = Answer::unknown;
  for (const ConfiguredUser& user : config_.users) {
    const std::string& name = user.by_client_id ? request.client_id : request.username;
    if (name.empty() || user.name != name) continue;
    if (request.password && same_secret(*request.password, user.password)) return Answer::right;
    answer = Answer::wrong;
  }
  return answer;
}

std::vector<std::string> Admissions::hashes_for(const AdmissionRequest& request) const {
  std::vector<std::string> hashes;
  for (const Subject& subject : {Subject{SubjectKind::client_id, request.client_id},
                                 Subject{SubjectKind::username, request.username}}) {
    if (subject.name.empty()) continue;
    if (auto user = tables_.user(subject)) hashes.push_back(std::move(user->hash));
  }
  return hashes;
}

std::optional<Admission> Admissions::ask_checker(const Asker& asker, std::string password,
                                                 std::vector<std::string> hashes, Now now) {
  if (checks_.size() >= config_.auth_pending_max) return busy();
  const PasswordCheckId id(++last_check_);
  checks_[id] = {asker, now.mono + config_.auth_timeout};
  ports_.check_password(id, std::move(password), std::move(hashes));
  return std::nullopt;
}

void Admissions::password_checked(PasswordCheckId id, bool fits) {
  const auto check = checks_.extract(id);
  if (!check) return;
  answer(check.mapped().asker,
         fits ? Admission{} : refusal(ReasonCode::bad_user_name_or_password, "wrong password"));
}

// ---------------------------------------------------------------- enhanced authentication

Admission Admissions::begin_exchange(const Asker& asker, AdmissionRequest& request, Now now) {
  const auto digest = sasl::scram_digest(request.method);
  if (!digest) {
    return refusal(ReasonCode::bad_authentication_method,
                   fmt::format("there is no authentication method '{}'", request.method));
  }
  // Those who dawdle must not keep out who comes with a password: they are counted apart.
  if (exchanges_.size() >= config_.auth_pending_max) return busy();
  const std::string first = std::exchange(request.data, {});
  Exchange exchange{*digest, std::move(request), sasl::ScramExchange(*digest, nonce()),
                    now.mono + config_.auth_timeout};
  if (const auto begun = exchange.scram.begin(first); !begun)
    return refusal(ReasonCode::not_authorized, begun.error().message);
  std::string challenge = exchange.scram.challenge(verifier_for(exchange));
  exchanges_.insert_or_assign(asker, std::move(exchange));
  return {.reason = ReasonCode::continue_authentication, .data = std::move(challenge)};
}

sasl::ScramVerifier Admissions::verifier_for(const Exchange& exchange) const {
  const std::string& username = exchange.scram.username();
  if (auto user = tables_.scram_user(exchange.digest, username)) return std::move(user->verifier);
  // All nodes answer for it alike.
  return sasl::make_mock_verifier(exchange.digest, username, std::to_string(config_.client_key_seed),
                                  config_.scram_iterations);
}

void Admissions::handle(AdmitMore& m) {
  const Asker asker{m.worker, m.token};
  const auto exchange = exchanges_.extract(asker);
  // Its time was over: the answer is on its way.
  if (!exchange) return;
  answer(asker, finish_exchange(exchange.mapped(), m.data));
}

Admission Admissions::finish_exchange(const Exchange& exchange, std::string_view message) const {
  auto proof = exchange.scram.finish(message);
  if (!proof) {
    return refusal(ReasonCode::not_authorized,
                   fmt::format("{}, for user '{}'", proof.error().message, exchange.scram.username()));
  }
  const std::string& username = exchange.scram.username();
  const AdmissionRequest& request = exchange.request;
  // Rules and client ids go by the user name of CONNECT.
  if (!request.username.empty() && request.username != username) {
    return refusal(ReasonCode::not_authorized,
                   fmt::format("it has proven to be '{}', not '{}'", username, request.username));
  }
  return {.data = *std::move(proof), .username = username};
}

/// base64 has no comma.
std::string Admissions::nonce() {
  const std::string key = fmt::format("{} {}", seed_, config_.client_key_seed);
  return sasl::to_base64(
      sasl::hmac(sasl::Digest::sha256, key, std::to_string(++last_nonce_)).substr(0, nonce_bytes));
}

// ---------------------------------------------------------------- ends

void Admissions::handle(const AdmitNoMore& m) {
  const Asker asker{m.worker, m.token};
  exchanges_.erase(asker);
  std::erase_if(checks_, [&](const auto& item) { return item.second.asker == asker; });
}

void Admissions::tick(Now now) {
  std::erase_if(checks_, [&](const auto& item) {
    if (item.second.deadline > now.mono) return false;
    answer(item.second.asker,
           refusal(ReasonCode::server_unavailable, "its password was not checked within auth.timeout"));
    return true;
  });
  std::erase_if(exchanges_, [&](const auto& item) {
    if (item.second.deadline > now.mono) return false;
    answer(item.first, refusal(ReasonCode::not_authorized, "it did not go on within auth.timeout"));
    return true;
  });
}

}  // namespace meshmq::node
