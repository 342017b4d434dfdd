#pragma once
// The sources of one node's configuration, in their order: defaults < file < what `conf set` has saved, for
// the whole cluster and then for this node < environment < command line.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/source.hpp"

namespace meshmq::config {

/// Values by key.
using Values = std::map<std::string, std::string, std::less<>>;

/// What `conf set` has saved in node.data_dir. The cluster's are a copy of a table that all nodes have.
struct Saved {
  static constexpr const char* cluster_file = "conf-set-cluster.conf";
  static constexpr const char* node_file = "conf-set.conf";

  Values cluster;
  Values node;

  friend bool operator==(const Saved&, const Saved&) = default;
};

struct Request {
  std::optional<std::string> file;
  std::vector<std::pair<std::string, std::string>> environment;  ///< all variables; see read_environment()
  std::vector<std::string> arguments;                            ///< `key=value`, from --set
  Saved saved = {};                                              ///< see read_saved()
};

/// What was read, before it is put together.
struct Layers {
  Source file;
  Saved saved;
  Source environment;
  Source arguments;
};

/// Never fails: a file that cannot be read is an error of its source.
Layers read_layers(const Request& request);
/// What was saved in the directory that the request names; nothing if nobody has saved anything.
Result<Saved> read_saved(const Request& request);
/// One of those files.
std::string format_saved(const Values& values);
/// Whether a file can hold the value: it is one line and nothing of it looks like a comment.
bool can_be_saved(std::string_view key, std::string_view value);

/// What holds, by key.
struct Merged {
  std::map<std::string, Setting> settings;
  std::vector<std::string> errors;
  bool listener_named = false;  ///< by some source: then there is none by default
  bool dashboard_named = false;
};

Merged merge(const Layers& layers);

}  // namespace meshmq::config
