#include "rest/feed.hpp"

#include <algorithm>
#include <utility>

#include "rest/body.hpp"
#include "rest/credentials.hpp"

namespace meshmq::rest {

namespace {

std::string live_snapshot(const Office& office, const Gathered& gathered, Now now) {
  std::vector<Json> nodes;
  for (const auto& [node, report] : gathered.reports) {
    if (!report.rows.empty()) nodes.push_back(Json::raw(report.rows.front()));
  }
  const node::ClusterStatus cluster = office.desk().control.status();
  const auto& heals = office.desk().control.heal_log();
  return Json::object({{"type", "live"},
                       {"at", now.wall},
                       {"node", office.desk().name},
                       {"nodes", Json::array(nodes)},
                       {"stopped", Json::strings(cluster.stopped_nodes)},
                       {"unanswered", Json::strings(gathered.unanswered)},
                       {"partitions", Json::array(cluster.partitions, Json::strings)},
                       {"apart", Json::strings(cluster.apart)},
                       {"healed_at", heals.empty() ? 0 : heals.back().healed_at}})
      .text();
}

std::string history_message(const Gathered& gathered, Now now) {
  std::vector<Json> nodes;
  for (const auto& [node, report] : gathered.reports) {
    // One of an older version does not know the question.
    if (!report.rows.empty()) nodes.push_back(Json::raw(report.rows.front()));
  }
  return Json::object({{"type", "history"},
                       {"at", now.wall},
                       {"interval_ms", RateHistory::interval.count()},
                       {"nodes", Json::array(nodes)}})
      .text();
}

}  // namespace

bool Feed::wants(const http::Request& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?')) == path && !has_foreign_origin(request);
}

void Feed::opened(const std::shared_ptr<http::WebSocket>& socket) {
  const std::uint64_t id = ++last_id_;
  listeners_[id] = {.socket = socket, .since = clock_().mono};
  socket->serve({.text = [this, id](std::string_view text) { log_in(id, text); },
                 .closed = [this, id] { listeners_.erase(id); }});
}

void Feed::log_in(std::uint64_t id, std::string_view text) {
  const auto found = listeners_.find(id);
  if (found == listeners_.end()) return;
  Listener& listener = found->second;
  const auto value = parse_body(text);
  std::string token = value ? Body(value->get()).text("token") : std::string();
  if (!office_.logged_in(token, clock_()))
    return listener.socket->close(login_over, "this token is not known");
  listener.token = std::move(token);
}

void Feed::tick(Now now) {
  end_logins(now);
  if (gathering_) return;
  bool anybody = false;
  bool newcomers = false;
  for (const auto& [id, listener] : listeners_) {
    anybody = anybody || !listener.token.empty();
    newcomers = newcomers || (!listener.token.empty() && !listener.told);
  }
  if (newcomers) {
    gather_history(now);
  } else if (anybody && now.mono - gathered_ >= interval) {
    gather(now);
  }
}

bool Feed::in_hurry() const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [](const auto& item) { return !item.second.told; });
}

void Feed::end_logins(Now now) {
  for (auto& [id, listener] : listeners_) {
    if (listener.token.empty()) {
      if (now.mono - listener.since >= login_wait) listener.socket->close(login_missing, "no token has come");
    } else if (!office_.logged_in(listener.token, now)) {
      listener.socket->close(login_over, "the login is over");
    }
  }
}

void Feed::gather_history(Now now) {
  gathering_ = true;
  office_.ask_all({"history"}, now, [this, now](const Gathered& gathered) {
    history_ = history_message(gathered, now);
    gather(clock_());
  });
}

void Feed::gather(Now now) {
  gathered_ = now.mono;
  gathering_ = true;
  office_.ask_all({"live"}, now, [this, now](const Gathered& gathered) {
    gathering_ = false;
    send(live_snapshot(office_, gathered, now));
    history_.clear();
  });
}

void Feed::send(const std::string& text) {
  for (auto& [id, listener] : listeners_) {
    if (listener.token.empty()) continue;
    if (!listener.told) {
      if (history_.empty()) continue;
      listener.told = true;
      listener.socket->send(history_);
      listener.socket->send(text);
    } else if (listener.socket->waiting() == 0) {
      listener.misses = 0;
      listener.socket->send(text);
    } else if (++listener.misses >= misses_max) {
      listener.socket->close(too_slow, "too slow");
    }
  }
}

}  // namespace meshmq::rest
