#pragma once
// Who may come in: bans, passwords, enhanced authentication.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "broker/admission.hpp"
#include "node/access_tables.hpp"
#include "node/config.hpp"
#include "node/messages.hpp"
#include "node/ports.hpp"
#include "sasl/scram.hpp"

namespace meshmq::node {

/// Every AdmitRequest and every AdmitMore is answered by one Admitted. First come bans. Then a method of
/// enhanced authentication decides if the client names one: SCRAM. If not, whoever is known by client id or
/// username, to the configuration or the tables, needs the right password. Who is not known comes in by
/// allow_anonymous. Limits: Config::auth_pending_max clients of either kind, Config::auth_timeout for each.
/// Thread rule: one owner.
class Admissions {
 public:
  /// `seed` is a secret of this process; Config::client_key_seed one of the cluster.
  Admissions(const Config& config, const AccessTables& tables, ControlPorts& ports, std::uint64_t seed)
      : config_(config), tables_(tables), ports_(ports), seed_(seed) {}

  void handle(AdmitRequest& m, Now now);
  void handle(AdmitMore& m);
  void handle(const AdmitNoMore& m);
  /// Answer to ControlPorts::check_password().
  void password_checked(PasswordCheckId id, bool fits);
  void tick(Now now);

 private:
  using Asker = std::pair<WorkerIndex, Token>;
  struct Exchange {
    sasl::Digest digest{};
    broker::AdmissionRequest request;
    sasl::ScramExchange scram;
    TimePoint deadline;
  };
  struct Check {
    Asker asker;
    TimePoint deadline;
  };

  std::optional<broker::Admission> banned(const broker::AdmissionRequest& request, Now now) const;
  /// Nothing: the answer follows.
  std::optional<broker::Admission> begin(const Asker& asker, broker::AdmissionRequest& request, Now now);
  enum class Answer : std::uint8_t { unknown, wrong, right };
  Answer ask_configuration(const broker::AdmissionRequest& request) const;
  std::vector<std::string> hashes_for(const broker::AdmissionRequest& request) const;
  std::optional<broker::Admission> ask_checker(const Asker& asker, std::string password,
                                               std::vector<std::string> hashes, Now now);
  broker::Admission begin_exchange(const Asker& asker, broker::AdmissionRequest& request, Now now);
  broker::Admission finish_exchange(const Exchange& exchange, std::string_view message) const;
  sasl::ScramVerifier verifier_for(const Exchange& exchange) const;
  std::string nonce();
  void answer(const Asker& asker, broker::Admission admission) {
    ports_.to_worker(asker.first, Admitted{asker.second, std::move(admission)});
  }

  const Config& config_;
  const AccessTables& tables_;
  ControlPorts& ports_;
  const std::uint64_t seed_;
  std::map<PasswordCheckId, Check> checks_;
  std::map<Asker, Exchange> exchanges_;
  std::uint64_t last_check_ = 0;
  std::uint64_t last_nonce_ = 0;
};

}  // namespace meshmq::node
