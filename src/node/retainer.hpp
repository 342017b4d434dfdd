#pragma once
// Retained messages of the whole cluster: limits, storing, cleaning.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "mqtt/message.hpp"
#include "node/config.hpp"
#include "node/retained_store.hpp"
#include "node/shared_writer.hpp"

namespace meshmq::node {

/// Every node has all of them. What a limit of this node refuses is not stored anywhere, with a line in the
/// log. Thread rule: one owner.
class Retainer {
 public:
  Retainer(const Config& config, RetainedStore& store, SharedWriter& writer, Logger log)
      : config_(config), store_(store), writer_(writer), log_(log) {}

  /// From a client of this node. Returns the number of its change for the disk; 0: nothing to wait for.
  std::uint64_t retain(const mqtt::MessagePtr& message, Now now);
  /// Deletes cluster-wide what matches; returns how many.
  std::size_t clean(std::string_view filter, Now now);

 private:
  std::uint64_t write(const mqtt::MessagePtr& message, Now now);

  const Config& config_;
  RetainedStore& store_;
  SharedWriter& writer_;
  Logger log_;
};

}  // namespace meshmq::node
