#pragma once
// The command line of `meshmq`.

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace meshmq::server {

enum class Action { foreground, console, start, stop, restart, ping, pid, version, check_config };

/// A word of the command line.
struct Verb {
  const char* word;
  Action action;
  const char* help;
};
std::span<const Verb> all_verbs();

struct Options {
  Action action = Action::foreground;
  std::optional<std::string> config_file;
  std::vector<std::string> settings;  ///< --set and --data-dir, as key=value
  std::optional<std::string> ports_file;
  std::optional<std::string> pid_file;
  /// check-config: configurations of other brokers, to be translated.
  std::optional<std::string> from_emqx;
  std::optional<std::string> from_mosquitto;
};

/// The program is to end at once: help was asked for and printed, or the arguments are wrong.
struct ExitStatus {
  int code = 0;
};

std::variant<Options, ExitStatus> parse_options(int argc, const char* const* argv);

}  // namespace meshmq::server
