#pragma once
// What a node counts, for StatsD.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "admin/formats.hpp"

namespace meshmq::admin {

/// `<prefix>.<counter>:<how many more>|c` and `<prefix>.<size>:<now>|g`, with `|#node:<node>,<tags>` behind
/// it. Pure. Thread rule: one owner.
class StatsdLines {
 public:
  /// As much as goes through any network in one piece.
  static constexpr std::size_t datagram_bytes_max = 1432;

  StatsdLines(std::string prefix, std::string node, const std::string& tags);

  /// Counters as differences to the call before; those that stand still are left out. Lines in datagrams.
  std::vector<std::string> datagrams(const Counters& counters, const Counters& sizes);

 private:
  std::string prefix_;
  std::string tags_;
  std::map<std::string, std::uint64_t> last_;
};

}  // namespace meshmq::admin
