#pragma once
// What `cluster verify` finds.

#include <cstdint>
#include <string>
#include <vector>

namespace meshmq::cluster {

/// A line each, for people. Differences of rows have been put right when it is printed, or will be soon.
struct VerifyReport {
  std::vector<std::string> nodes{};   ///< that were compared
  std::vector<std::string> silent{};  ///< running, but without an answer
  std::vector<std::string> differences{};
  std::vector<std::string> busy{};  ///< what changed from look to look, so that it could not be compared
  std::uint64_t rows = 0;           ///< of owners: routes, groups, sessions
  std::uint64_t shared_rows = 0;    ///< on each node
};

}  // namespace meshmq::cluster
