#include "node/access_admin.hpp"

#include <utility>

namespace meshmq::node {

void AccessAdmin::set_file_rules(broker::AclRulesPtr rules) {
  policy_.file = std::move(rules);
  tell_workers();
}

void AccessAdmin::tell_workers() {
  for (std::uint16_t i = 0; i < config_.workers; ++i)
    ports_.to_worker(WorkerIndex(i), AccessChanged{policy_});
}

}  // namespace meshmq::node
