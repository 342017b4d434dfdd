#pragma once
// `cluster verify`: do all running nodes hold the same?

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/ports.hpp"
#include "cluster/wire.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// Every node counts its tables anew and tells the sums; the node that was asked compares them with what the
/// owners have. Rows that are under way are no difference: what differs is looked at again, `tries` times,
/// and what changes all the time is only said to. A replica that really differs is named and told to fetch
/// everything from its owner. Thread rule: one owner;
/// counting takes a look at every row.
class Verification {
 public:
  static constexpr int tries = 5;
  static constexpr Duration pause = std::chrono::milliseconds(400);
  static constexpr Duration answer_wait = std::chrono::seconds(5);

  explicit Verification(World& world) : world_(world) {}

  /// Ends in ClusterPorts::verified().
  void verify(OperationId operation, Now now);
  void handle(const std::string& node, const wire::VerifyRequest& frame);
  void handle(const std::string& node, const wire::VerifyReply& frame, Now now);
  void handle(const std::string& node, const wire::Resync& frame);
  void tick(Now now);

 private:
  struct Running {
    OperationId operation;
    std::uint64_t id = 0;
    int tries_left = tries;
    std::set<std::string> asked{};
    std::map<std::string, wire::VerifyReply> replies{};
    std::map<std::string, wire::VerifyReply> before{};  ///< of the look before
    TimePoint deadline{};
    std::optional<TimePoint> again{};
  };

  void ask(Running& running, Now now);
  void compare(Running& running, Now now);
  wire::VerifyReply count(std::uint64_t id) const;

  World& world_;
  std::vector<Running> running_;
  std::uint64_t last_id_ = 0;
};

}  // namespace meshmq::cluster
