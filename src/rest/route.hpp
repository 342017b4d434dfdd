#pragma once
// The API as data: what can be asked, with which parameters, and who answers. Served, described
// (openapi.hpp) and documented from the same rows.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

namespace meshmq::rest {

class Office;
struct Call;

struct Parameter {
  std::string_view name;
  std::string_view type;  ///< string, integer, number, boolean
  std::string_view help;
};

enum class Credentials : std::uint8_t { needed, none };

/// What stands beside `data` in the answer.
enum class Meta : std::uint8_t {
  nodes,  ///< `unanswered`, if a node has not answered
  page,   ///< page, limit, count, and the same
  more,   ///< the same and hasnext
};

struct Route {
  std::string_view method;
  std::string_view path;  ///< `:name` is a parameter
  std::string_view name;  ///< as EMQ X 4.3 lists it
  std::string_view help;
  void (*run)(Office&, const Call&);
  std::string_view data = {};             ///< type of `data`; empty: none
  std::span<const Parameter> query = {};  ///< of GET and DELETE
  std::string_view body = {};             ///< type of the request's body; empty: none
  Meta meta = Meta::nodes;
  Credentials credentials = Credentials::needed;
  std::string_view media = {};  ///< not the envelope, but this content type
  bool outside = false;         ///< `path` is not below /api/v4
};

/// Parameters by name, as text.
using Params = std::map<std::string, std::string, std::less<>>;

/// EMQ X 4.3's numbers.
enum class Code : int {
  ok = 0,
  badrpc = 101,  ///< a node has not answered
  unknown = 102,
  wrong_password = 103,
  empty_password = 104,
  no_user = 105,
  admin_stays = 106,
  missing_parameter = 107,
  bad_parameter = 108,
  not_json = 109,
  not_online = 112,
  user_exists = 113,
  bad_topic = 115,
};

/// One request under way. Copied into the continuations of asynchronous ones; exactly one answer is given.
struct Call {
  const Route* route = nullptr;
  Params params;  ///< of path and query
  std::shared_ptr<const boost::json::value> body;
  std::string peer;
  std::string token{};  ///< of the login; empty: it came with an application's secret
  std::string who{};    ///< whose credentials came with it
  Now now;
  http::Respond respond;

  /// Empty if it is not given.
  std::string_view get(std::string_view name) const {
    const auto found = params.find(name);
    return found == params.end() ? std::string_view() : std::string_view(found->second);
  }
  void ok() const;
  void ok(const Json& data) const;
  /// `meta` has members or is not sent.
  using Members = std::vector<std::pair<std::string, Json>>;
  void ok(const Json& data, const Members& meta) const;
  void fail(Code code, std::string_view message, unsigned status = 200) const;
  /// Not the envelope.
  void raw(std::string text, unsigned status = 200) const;
};

/// Each part of the API has its table.
std::span<const Route> about_routes();
std::span<const Route> node_routes();
std::span<const Route> client_routes();
std::span<const Route> subscription_routes();
std::span<const Route> routing_routes();
std::span<const Route> publish_routes();
std::span<const Route> listener_routes();
std::span<const Route> counter_routes();
std::span<const Route> alarm_routes();
std::span<const Route> retained_routes();
std::span<const Route> cluster_routes();
std::span<const Route> access_routes();
std::span<const Route> account_routes();
std::span<const Route> config_routes();
std::span<const Route> data_routes();
std::span<const Route> trace_routes();
std::span<const Route> watch_routes();
std::span<const Route> module_routes();

/// All of them, in that order.
std::vector<const Route*> all_routes();
/// `/api/v4/nodes/:node`, or /metrics.
std::string full_path(const Route& route);

struct Found {
  const Route* route = nullptr;  ///< nullptr: there is none
  Params params;                 ///< of the path
  bool other_method = false;     ///< the path is known, but not with this method
};
/// `path` is percent-encoded, without query.
Found find_route(std::string_view method, std::string_view path);
/// Of `a=1&b=%20`; nothing if it is ill-formed.
std::optional<Params> parse_query(std::string_view query);

}  // namespace meshmq::rest
