#include "server/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

namespace meshmq::server {

namespace {

constexpr Verb verbs[] = {
    {"foreground", Action::foreground, "Run a node here until it is told to stop (docker, systemd)"},
    {"console", Action::console, "The same, at a terminal"},
    {"start", Action::start, "Start a node in the background; returns when it accepts clients"},
    {"stop", Action::stop, "Stop the node that runs in the data directory"},
    {"restart", Action::restart, "Stop it, if it runs, and start it"},
    {"ping", Action::ping, "Ask the node whether it is alive"},
    {"pid", Action::pid, "Print its process id"},
    {"version", Action::version, "Print the version"},
    {"check-config", Action::check_config, "Check the configuration and start nothing"},
};

/// The first word is neither an option nor a verb.
bool is_no_verb(int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  return std::none_of(std::begin(verbs), std::end(verbs),
                      [&](const Verb& verb) { return std::string_view(verb.word) == argv[1]; });
}

}  // namespace

std::span<const Verb> all_verbs() {
  return verbs;
}

std::variant<Options, ExitStatus> parse_options(int argc, const char* const* argv) {
  if (is_no_verb(argc, argv)) {
    fmt::print(stderr, "Usage: meshmq {{");
    for (const Verb& verb : verbs) fmt::print(stderr, "{}{}", &verb == verbs ? "" : "|", verb.word);
    fmt::print(stderr, "}}; there is no {}\n", argv[1]);
    return ExitStatus{2};
  }
  CLI::App app("MeshMQ, a clustered MQTT broker", "meshmq");
  Options options;
  std::string config_file;
  std::string data_dir;
  std::string ports_file;
  std::string pid_file;
  std::vector<std::string> settings;
  const auto add_options = [&](CLI::App& to) {
    to.add_option("--config", config_file, "Configuration file; without one the built-in defaults hold");
    to.add_option("--data-dir", data_dir, "Sets node.data_dir");
    to.add_option("--set", settings, "key=value; overrides file and environment; may be repeated")
        ->allow_extra_args(false);
    to.add_option("--ports-file", ports_file, "Write the ports that the node listens on there, as JSON");
    to.add_option("--pid-file", pid_file, "Write the process id there while the node accepts clients");
  };
  app.require_subcommand(1);
  for (const Verb& verb : verbs) {
    CLI::App* sub = app.add_subcommand(verb.word, verb.help);
    add_options(*sub);
    if (verb.action == Action::check_config) {
      CLI::Option* emqx = sub->add_option("--from-emqx", options.from_emqx,
                                          "Print what an emqx.conf of EMQ X 4.3 is here, and what it is not");
      sub->add_option("--from-mosquitto", options.from_mosquitto, "The same of a mosquitto.conf")
          ->excludes(emqx);
    }
    sub->callback([&options, action = verb.action] { options.action = action; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitStatus{app.exit(error) == 0 ? 0 : 2};
  }
  if (!config_file.empty()) options.config_file = config_file;
  if (!ports_file.empty()) options.ports_file = ports_file;
  if (!pid_file.empty()) options.pid_file = pid_file;
  if (!data_dir.empty()) options.settings.push_back("node.data_dir=" + data_dir);
  options.settings.insert(options.settings.end(), settings.begin(), settings.end());
  return options;
}

}  // namespace meshmq::server
