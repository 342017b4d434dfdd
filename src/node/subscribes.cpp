#include "node/subscribes.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "topic/shared_filter.hpp"

namespace meshmq::node {

Subscribes::Subscribes(const Config& config, cluster::RouteWriter& routes, cluster::Replicator& replicator,
                       const RetainedStore& retained, ToWorkerPort to_worker)
    : config_(config),
      replicator_(replicator),
      retained_(retained),
      to_worker_(std::move(to_worker)),
      routes_(config, routes, replicator),
      exclusive_(config, routes, [this](const GroupRequest& group) { routes_.set_group(group); }) {}

void Subscribes::handle(SubscribeRequest& m, Now now) {
  routes_.add(m);
  exclusive_.claim(m);
  // Another worker's SUBSCRIBE of the same filter may still be on its way to the peers: wait for everything
  // so far.
  gate_.wait(std::move(m), replicator_.last(), now.mono + config_.suback_wait);
}

void Subscribes::answer_ready(Now now) {
  for (SubscribeRequest& request : gate_.take_ready()) answer(request, now);
}

void Subscribes::tick(Now now) {
  for (auto& [worker, name] : exclusive_.tick(now)) to_worker_(worker, ExclusiveLost{std::move(name)});
}

void Subscribes::answer(SubscribeRequest& request, Now now) {
  exclusive_.check(request);
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
