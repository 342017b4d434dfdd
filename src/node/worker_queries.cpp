#include "node/worker_queries.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::node {

void WorkerQueries::ask(OperationId operation, Query query, Now now) {
  const QueryId id(++last_);
  query.query = id;
  running_[id] = {operation, now.mono + answer_wait, {}};
  for (std::uint16_t i = 0; i < config_.workers; ++i) {
    ports_.to_worker(WorkerIndex(i), query);
  }
}

void WorkerQueries::handle(QueryReply reply) {
  const auto it = running_.find(reply.query);
  if (it == running_.end()) return;
  it->second.replies.push_back(std::move(reply));
  if (it->second.replies.size() == config_.workers) finish(it);
}

void WorkerQueries::tick(Now now) {
  for (auto it = running_.begin(); it != running_.end();) {
    const auto current = it++;
    if (current->second.deadline <= now.mono) finish(current);
  }
}

void WorkerQueries::finish(std::map<QueryId, Running>::iterator it) {
  Running query = std::move(it->second);
  running_.erase(it);
  std::sort(query.replies.begin(), query.replies.end(),
            [](const QueryReply& a, const QueryReply& b) { return a.worker < b.worker; });
  ports_.query_done(query.operation, std::move(query.replies));
}

}  // namespace meshmq::node
