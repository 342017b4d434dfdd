#pragma once
// Where settings come from. Later sources override earlier ones; within one, the last of duplicates wins.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace meshmq::config {

/// One line of a source. An empty value from the environment or the command line takes the key back to its
/// default.
struct Setting {
  std::string key;
  std::string value;
  std::string origin;         ///< `etc/meshmq.conf:12`, `environment MESHMQ_NODE__NAME`, `--set`
  bool explicit_one = false;  ///< from the environment or the command line
};

/// What was read, and the lines that could not be, each beginning with its place.
struct Source {
  std::vector<Setting> settings;
  std::vector<std::string> errors;
};

/// Without blanks at both ends.
std::string_view trim(std::string_view text);

/// EMQ X 4.3's format: `key = value`, `#` begins a comment.
Source parse_file(std::string_view text, const std::string& path);
/// With what it includes: `include FILE` stands for the lines of that file, or of those files if it has `*`,
/// `?` or `[` in it; a relative one is beside the file that includes it. Fails if the file cannot be read.
Result<Source> read_file(const std::string& path);
/// `MESHMQ_NODE__NAME=...` is `node.name`; MESHMQ_NODE_NAME and MESHMQ_NODE_COOKIE are second names. Other
/// variables that begin with MESHMQ_ but have no `__` are no settings, unless they name a key without dots.
Source read_environment(std::span<const std::pair<std::string, std::string>> variables);
/// `key=value`, from --set.
Source read_arguments(std::span<const std::string> arguments);

/// The process's environment.
std::vector<std::pair<std::string, std::string>> environment();

}  // namespace meshmq::config
