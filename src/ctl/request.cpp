#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <utility>

#include "config/load.hpp"
#include "config/run_file.hpp"
#include "config/source.hpp"
#include "ctl/ctl.hpp"

namespace meshmq::ctl {

namespace {

struct Arguments {
  std::string config_file;
  std::string data_dir;
  std::string node;
  std::string cookie;
  bool json = false;
};

void complain(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

/// Without words and flags yet.
std::optional<CtlRequest> running_in(const std::string& data_dir) {
  const auto file = config::RunFile::read(data_dir);
  if (!file) {
    complain(file.error().message);
    return std::nullopt;
  }
  return CtlRequest{.target = {.node = file->node,
                               .cookie = file->cookie,
                               .ipv6 = file->ipv6,
                               .epmd_port = file->epmd_port,
                               .epmd = file->epmd,
                               .dist_port = file->dist_port},
                    .tls_file = file->tls_file};
}

std::optional<CtlRequest> configured(const Arguments& arguments) {
  config::Request request;
  if (!arguments.config_file.empty()) request.file = arguments.config_file;
  request.environment = config::environment();
  if (!arguments.node.empty()) request.arguments.push_back("node.name=" + arguments.node);
  if (!arguments.cookie.empty()) request.arguments.push_back("node.cookie=" + arguments.cookie);
  const config::Loaded loaded = config::load(request);
  for (const std::string& error : loaded.errors) complain(error);
  if (!loaded.errors.empty()) return std::nullopt;
  const config::Mesh& mesh = loaded.config.mesh;
  return CtlRequest{.target = {.node = loaded.config.node.name,
                               .cookie = mesh.cookie,
                               .ipv6 = mesh.ipv6(),
                               .epmd_port = mesh.epmd_port,
                               .epmd = mesh.epmd,
                               .dist_port = mesh.dist_listen_min},
                    .tls_file = mesh.tls_file()};
}

}  // namespace

std::variant<CtlRequest, ExitStatus> parse_request(int argc, const char* const* argv) {
  CLI::App app("Operators' commands to a running MeshMQ node; `meshmq_ctl help` lists them", "meshmq_ctl");
  Arguments arguments;
  app.add_option("--config", arguments.config_file, "Configuration file of the node: its name and cookie");
  app.add_option("--node", arguments.node, "Name of the node, name@host");
  app.add_option("--cookie", arguments.cookie, "Its cookie");
  app.add_option("--data-dir", arguments.data_dir, "The node that runs in this directory");
  app.add_flag("--json", arguments.json, "Answer for machines");
  // Words may look like options: a client id may begin with a dash.
  app.prefix_command();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitStatus{app.exit(error) == 0 ? 0 : usage_error};
  }
  const std::vector<std::string> words = app.remaining();
  if (!words.empty() && words.front().starts_with("-")) {
    complain("unknown option " + words.front() + "; see meshmq_ctl --help");
    return ExitStatus{usage_error};
  }
  auto request = arguments.data_dir.empty() ? configured(arguments) : running_in(arguments.data_dir);
  if (!request) return ExitStatus{arguments.data_dir.empty() ? usage_error : unreachable};
  request->words = words;
  request->json = arguments.json;
  if (!request->words.empty() && request->words.back() == "--json") {
    request->words.pop_back();
    request->json = true;
  }
  return *std::move(request);
}

}  // namespace meshmq::ctl
