#include "node/access_admin.hpp"

#include <chrono>
#include <utility>

#include "sasl/digest.hpp"

namespace meshmq::node {

void AccessAdmin::set_file_rules(broker::AclRulesPtr rules) {
  policy_.file = std::move(rules);
  policy_changed_ = true;
}

std::string AccessAdmin::salt() {
  return sasl::hmac(sasl::Digest::sha256, std::to_string(seed_), std::to_string(++last_salt_))
      .substr(0, sasl::salt_bytes);
}

void AccessAdmin::handle(const ClientFlapping& m, const Logger& log, Now now) {
  const auto& [client_id, peername, count, within] = m.client;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config_.broker.flapping.ban).count();
  log.warning("client '{}' ({}) has disconnected {} times in {} ms: banned for {} s (flapping_detect_policy)",
              client_id, peername, count, within.count(), seconds);
  const std::int64_t at = now.wall / 1000;
  tables_.put_ban(
      {SubjectKind::client_id, client_id},
      {.by = "flapping detector", .reason = "flapping is detected", .at_s = at, .until_s = at + seconds},
      now);
}

void AccessAdmin::end_of_turn() {
  tell_rules();
  const bool ask = tables_.anybody() || !config_.users.empty();
  policy_changed_ = policy_changed_ || ask != policy_.ask;
  if (!std::exchange(policy_changed_, false)) return;
  policy_.ask = ask;
  for (std::uint16_t i = 0; i < config_.workers; ++i)
    ports_.to_worker(WorkerIndex(i), AccessChanged{policy_});
}

void AccessAdmin::tell_rules() {
  RulesChanged changed;
  for (const Subject& subject : tables_.take_changed_rules()) {
    broker::AclRulesPtr rules = tables_.rules_of(subject);
    if (subject.kind == SubjectKind::everybody) {
      policy_.everybody = std::move(rules);
      policy_changed_ = true;
    } else {
      const bool by_client_id = subject.kind == SubjectKind::client_id;
      changed.changes.push_back({by_client_id ? broker::RulesFor::client_id : broker::RulesFor::username,
                                 subject.name, std::move(rules)});
    }
  }
  if (changed.changes.empty()) return;
  for (std::uint16_t i = 0; i < config_.workers; ++i) ports_.to_worker(WorkerIndex(i), changed);
}

}  // namespace meshmq::node
