#pragma once
// `trace explain`: why a client would get a message, or not, asked over the nodes.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "admin/desk.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "broker/explain.hpp"

namespace meshmq::admin {

struct ExplainRequest {
  std::string client_id{};
  std::string topic{};
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  std::string from{};       ///< node where it is published; empty: this one
  std::string publisher{};  ///< client id; empty: nobody in particular
};

struct Explanation {
  struct Step {
    std::string node;
    broker::ExplainStep step;
  };
  std::vector<Step> steps{};
  std::string verdict{};

  std::string text() const;
  Json json() const;
};

/// Changes nothing. Fails with what an operator is told. `desk` must outlive it.
void explain(Desk& desk, const ExplainRequest& request, Now now,
             std::function<void(const Result<Explanation>&)> done);

/// One node's part, between nodes: `trace explain-publish|explain-way|explain-delivery ...`. False: the words
/// are no form of these.
struct Call;
bool explain_part(Desk& desk, const Call& call);

}  // namespace meshmq::admin
