#pragma once
// The management API of one node: requests are answered here, for the whole cluster where they ask for it.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/desk.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "rest/credentials.hpp"
#include "rest/rate_history.hpp"
#include "rest/report.hpp"
#include "rest/round_trips.hpp"
#include "rest/route.hpp"
#include "rest/tokens.hpp"

namespace meshmq::rest {

struct Settings {
  std::size_t rows_max = 10000;                     ///< management.max_row_limit
  bool emqx_names = false;                          ///< prometheus.emqx_names
  bool metrics_need_login = false;                  ///< prometheus.auth
  Duration token_lifetime = std::chrono::hours(1);  ///< dashboard.token_lifetime
  std::vector<std::string> zones;                   ///< names, as broker::ClientInfo::zone counts them
  std::uint64_t (*monotonic_us)() = nullptr;        ///< a clock for round trips; nullptr: they are not known
};

/// What all nodes say to one question.
struct Gathered {
  std::vector<std::pair<std::string, Report>> reports;  ///< this node first, the others by name
  std::vector<std::string> unanswered;                  ///< nodes that did not answer in time

  /// For an answer's `meta`.
  Call::Members notes() const;
  /// The failure of the first node that has one; nullptr: none.
  const Report* failure() const;
};

/// Decides nothing about MQTT or the cluster: it asks the desk, here and on other nodes. Thread rule: one
/// owner, the control thread.
class Office {
 public:
  /// `desk` must outlive it.
  Office(admin::Desk& desk, Settings settings, Logger log);

  /// `respond` is called once, perhaps before this returns.
  void handle(const http::Request& request, Now now, http::Respond respond);
  /// A question of another node; `done` gets the encoded Report.
  void serve(std::string_view question, Now now, const std::function<void(const std::string&)>& done);

  /// This node or another one. Fails with what a caller is to be told.
  using Answered = std::function<void(const Result<Report>&)>;
  void ask(const std::string& node, const Question& question, Now now, Answered done);
  using AllAnswered = std::function<void(const Gathered&)>;
  void ask_all(const Question& question, Now now, AllAnswered done);

  /// Other settings. Who is logged in stays so for as long as was said.
  void reconfigure(Settings settings) {
    tokens_.set_lifetime(settings.token_lifetime);
    settings_ = std::move(settings);
  }

  admin::Desk& desk() { return desk_; }
  const Settings& settings() const { return settings_; }
  Tokens& tokens() { return tokens_; }
  RoundTrips& round_trips() { return round_trips_; }
  RateHistory& history() { return history_; }
  const admin::Desk& desk() const { return desk_; }
  /// Percent of the machine's processors since the last call; 0 at first.
  double cpu_use(const admin::SystemLoad& load);
  /// Whether the token is of a login that may do everything.
  bool logged_in(std::string_view token, Now now) const;
  /// Of somebody who may log in; empty: the password stands in the configuration.
  std::optional<std::string> password_hash(const std::string& username) const;

  // --- guessing of passwords, by the address that a call comes from
  /// True: it has to wait, and has been told so.
  bool slow_down(const Call& call);
  void failed(const Call& call, std::string_view who);
  void succeeded(const Call& call) { guard_.succeeded(call.peer); }

 private:
  void admit(const http::Request& request, Call call);
  bool knows(const Credential& credential, Now now);
  bool admit_token(Call& call);
  /// nullptr: there is none, or it is over.
  const Tokens::Session* session_of(std::string_view token, Now now) const;
  void run(const http::Request& request, Call call);

  admin::Desk& desk_;
  Settings settings_;
  const Logger log_;
  LoginGuard guard_;
  Tokens tokens_;
  RoundTrips round_trips_;
  RateHistory history_;
  std::optional<admin::SystemLoad> seen_load_;
};

// --- how routes are written

/// The one node that the path names: its only value is `data`. `silence`: the code if it does not answer.
void answer_of_node(Office& office, const Call& call, const Question& question, Code silence = Code::badrpc);
/// The same, all its values.
void answer_rows_of_node(Office& office, const Call& call, const Question& question);
/// Values of all nodes one behind the other.
void answer_rows_of_all(Office& office, const Call& call, const Question& question);
/// What a command of meshmq_ctl does there, and its JSON if the route has `data`.
void answer_command(Office& office, const Call& call, const std::string& node,
                    std::vector<std::string> words);

}  // namespace meshmq::rest
