#pragma once
// One remote call from a hidden node of its own: what meshmq_ctl does.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "erldist/term.hpp"
#include "mesh/mesh.hpp"

namespace meshmq::mesh {

struct RpcTarget {
  std::string node;
  std::string cookie;
  bool ipv6 = false;
  std::uint16_t epmd_port = 4369;
  bool epmd = true;
  std::uint16_t dist_port = 0;                     ///< without EPMD
  std::shared_ptr<erldist::SecureChannels> tls{};  ///< nullptr: plain TCP
};

/// Connects as `meshmq_ctl<pid>@<host of the target>`, calls module:function(arguments), returns what it
/// returned. Blocks, at most `wait` (and the limits of a dial). Its own loop: any thread.
tl::expected<erldist::Term, DialError> rpc_call(const RpcTarget& target, std::string_view module,
                                                std::string_view function,
                                                std::vector<erldist::Term> arguments, Duration wait);

}  // namespace meshmq::mesh
