#pragma once
// The configuration of a running node: what holds, and changes of it.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

class Desk;

/// One key and what holds for it. Secrets are not in it.
struct ConfigEntry {
  std::string key{};
  std::string value{};    ///< empty: not set, and there is no default
  std::string pending{};  ///< another one that holds after a restart; empty: none
  std::string fallback{};
  std::string type{};
  std::string unit{};
  std::string expects{};  ///< in words
  bool hot = false;       ///< a change counts while the node runs
  std::string effect{};   ///< when it does, in words
  std::string scope{};    ///< node, zone, listener
  std::string group{};
  std::string help{};
  std::string source{};  ///< a line of a file, an environment variable, ..., `default`
};

enum class ConfigResult : std::uint8_t {
  changed,  ///< it counts, now or for clients that connect later
  restart,  ///< it is kept, and counts after a restart of the node
  refused,
  later,  ///< the node is away, and gets it when it comes back
};
std::string_view to_string(ConfigResult result);

struct ConfigChange {
  std::string key{};  ///< empty: it is about the whole, such as a file that cannot be read
  std::string node{};
  ConfigResult result = ConfigResult::changed;
  std::string message{};
};

/// Values by key; an empty one takes the key back to what the other sources say.
using ConfigValues = std::vector<std::pair<std::string, std::string>>;

/// Implemented by the server. All values of one call count, or none does. Called on the control thread.
class Configuration {
 public:
  virtual ~Configuration() = default;
  /// In the order of the schema.
  virtual std::vector<ConfigEntry> entries() const = 0;
  /// For this node; kept for its next start.
  virtual std::vector<ConfigChange> change(const ConfigValues& values) = 0;
  /// What would become of them if they held on all nodes; nothing is changed.
  virtual std::vector<ConfigChange> try_for_cluster(const ConfigValues& values) const = 0;
  /// Reads the configuration file again; what is wrong with it is refused, and nothing is changed then.
  virtual std::vector<ConfigChange> reload() = 0;
  /// "; did you mean ...?", or nothing.
  virtual std::string hint(std::string_view key) const = 0;
};

/// On this node, or on all: every running node is asked first whether it can, and if one cannot no node does.
void change_config(Desk& desk, const ConfigValues& values, bool cluster, Now now,
                   const std::function<void(const std::vector<ConfigChange>&)>& done);
bool any_refused(const std::vector<ConfigChange>& changes);

Json entry_json(const ConfigEntry& entry);
Json changes_json(const std::vector<ConfigChange>& changes);
Result<std::vector<ConfigChange>> parse_changes(std::string_view json);
/// `key=value`; nothing if it is no such text.
std::optional<std::pair<std::string, std::string>> parse_assignment(std::string_view word);

}  // namespace meshmq::admin
