#include "node/subscribes.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "topic/shared_filter.hpp"

namespace meshmq::node {

Subscribes::Subscribes(const Config& config, cluster::RouteWriter& routes, cluster::Cluster& cluster,
                       const SessionMoves& moves, const RetainedStore& retained, ToWorkerPort to_worker)
    : config_(config),
      cluster_(cluster),
      moves_(moves),
      retained_(retained),
      to_worker_(std::move(to_worker)),
      routes_(config, routes, cluster.replicator()),
      exclusive_(exclusive_rows_, *this) {
  cluster_.replicator().add_table(cluster::LogEntry::Table::exclusive, exclusive_rows_);
  exclusive_rows_.on_set = [this](Slot slot, std::string_view name, std::string_view value) {
    exclusive_.row(slot, name, value);
  };
}

void Subscribes::write_row(std::string_view name, std::string value) {
  const bool add = !value.empty();
  cluster_.replicator().write({.table = cluster::LogEntry::Table::exclusive,
                               .add = add,
                               .key = std::string(name),
                               .value = std::move(value)});
}

void Subscribes::handle(SubscribeRequest& m, Now now) {
  routes_.add(m);
  exclusive_.ask(m, now);
  m.asked_at = now.mono;
  // Another worker's SUBSCRIBE of the same filter may still be on its way to the peers: wait for everything
  // so far.
  gate_.wait(std::move(m), cluster_.replicator().last(), now.mono + config_.suback_wait);
}

void Subscribes::answer_ready(Now now) {
  for (SubscribeRequest& request : gate_.take_ready()) answer(request, now);
}

void Subscribes::answer(SubscribeRequest& request, Now now) {
  exclusive_.check(request);
  if (!request.filters.empty()) lag_.add_ms((now.mono - request.asked_at).count());
  SubscribeDone done{request.token, {}, std::move(request.refused)};
  for (const broker::SubscribeFilter& filter : request.filters) {
    const auto shared = topic::parse_shared(filter.filter);
    const std::string_view topics = shared ? shared->filter : filter.filter;
    done.retained.push_back(filter.retained ? retained_.match(topics, now.wall)
                                            : std::vector<mqtt::MessagePtr>());
  }
  to_worker_(request.worker, std::move(done));
}

}  // namespace meshmq::node
