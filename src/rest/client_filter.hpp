#pragma once
// Which clients a list is about: EMQ X 4.3's parameters of /clients.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "broker/broker.hpp"
#include "rest/route.hpp"

namespace re2 {
class RE2;
}

namespace meshmq::rest {

class ClientFilter {
 public:
  static constexpr std::string_view pattern_names[] = {"_like_clientid", "_like_username"};

  /// Fails with what is wrong with a parameter. `zones` are the names of zones.
  static Result<ClientFilter> of(const Params& params, std::span<const std::string> zones);
  /// Whether `params` name a condition at all.
  static bool any(const Params& params);

  bool fits(const broker::ClientInfo& client) const;

 private:
  std::optional<std::string> client_id_, username_, zone_, ip_address_, state_, proto_name_;
  std::optional<bool> clean_start_;
  std::optional<int> proto_ver_;
  std::shared_ptr<re2::RE2> like_client_id_, like_username_;
  WallMillis created_min_ = 0, created_max_ = INT64_MAX;
  WallMillis connected_min_ = 0, connected_max_ = INT64_MAX;
  bool lasting_ = false;
  std::span<const std::string> zones_;
};

std::string_view protocol_name(mqtt::Version version);
int protocol_level(mqtt::Version version);
/// "10.0.0.1", 1234 of `10.0.0.1:1234` or `[::1]:1234`.
std::pair<std::string, int> split_peer(const std::string& peername);

}  // namespace meshmq::rest
