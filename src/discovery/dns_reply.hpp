#pragma once
// What a DNS server answered, as names of nodes.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/discovery.hpp"

namespace meshmq::discovery {

/// cluster.dns.type
enum class DnsType : int { a = 1, srv = 33, aaaa = 28 };

/// `app@address` for A and AAAA, `app@target` for SRV; valid for the lowest TTL in it, from one second to one
/// minute. Records of other types (CNAME) only count by their TTL.
Result<cluster::Discovered> read_dns_reply(std::string_view reply, DnsType type, std::string_view app);

}  // namespace meshmq::discovery
