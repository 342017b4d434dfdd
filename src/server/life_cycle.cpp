#include "server/life_cycle.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/run_file.hpp"
#include "mesh/rpc_connection.hpp"
#include "net/dist_tls.hpp"
#include "server/configuration.hpp"
#include "server/daemon.hpp"
#include "server/data_dir.hpp"
#include "server/log_output.hpp"
#include "server/node_process.hpp"
#include "server/translate_config.hpp"

namespace meshmq::server {

namespace {

using namespace std::chrono_literals;

constexpr int success = 0;
constexpr int failure = 1;
constexpr auto start_wait = 60s;
/// Beyond cluster.handover_wait.
constexpr auto stop_wait = 60s;
constexpr rlim_t descriptors_recommended = 1024;

void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int complain(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  return failure;
}

/// What the node is started with, and where it came from.
struct Configured {
  config::Request request;
  config::Loaded loaded;
};

Configured load(const Options& options) {
  std::vector<std::string> unreadable;
  Configured result{.request = request_of(options, unreadable), .loaded = {}};
  result.loaded = config::load(result.request);
  result.loaded.errors.insert(result.loaded.errors.begin(), unreadable.begin(), unreadable.end());
  complete(result.loaded.config);
  return result;
}

/// One descriptor for each connection: as many as the system lets this process have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= descriptors_recommended) return;
  print(fmt::format("!!!!\n!!!! WARNING: ulimit -n is {}; {} is the recommended minimum.\n!!!!",
                    limit.rlim_cur, descriptors_recommended));
}

LogOutputOptions log_options(const config::Config& config, bool to_console) {
  const config::Log& log = config.log;
  const std::string to = to_console && !log.to_is_explicit ? "console" : log.to;
  LogOutputOptions options{.console = to == "console" || to == "both",
                           .file = {},
                           .syslog = to == "syslog",
                           .level = log.level,
                           .primary_level = log.primary_level,
                           .json = log.json,
                           .node = config.node.name};
  if (to == "file" || to == "both") {
    options.file = (std::filesystem::path(config.data_dir) / log.dir / log.file).string();
  }
  options.rotation_bytes = log.rotation ? log.rotation_bytes : 0;
  options.rotation_count = log.rotation_count;
  return options;
}

/// Runs a node until it is told to stop. `ready` is called when it accepts clients, `failed` if it never
/// does.
int run_node(const Options& options, Configured configured, bool to_console,
             const std::function<void()>& ready, const std::function<void(const std::string&)>& failed) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  config::Loaded& loaded = configured.loaded;
  const auto fail_with = [&](const std::string& why) {
    failed(why);
    return failure;
  };
  const auto data = DataDir::open(loaded.config.data_dir);
  if (!data) return fail_with(data.error().message);
  const auto log = LogOutput::open(log_options(loaded.config, to_console));
  if (!log) return fail_with(log.error().message);
  for (const std::string& warning : loaded.warnings) Logger(log->get()).warning("{}", warning);

  const auto records = ProcessRecords::open(**log, loaded.config);
  if (!records) return fail_with(records.error().message);
  NodeProcess process({.config = std::move(loaded.config),
                       .request = std::move(configured.request),
                       .settings = std::move(loaded.merged),
                       .ports_file = options.ports_file.value_or(""),
                       .say = print},
                      *data, **log, **records);
  if (const auto started = process.start(); !started) {
    data->remove(config::RunFile::name);
    return fail_with(started.error().message);
  }
  const std::string pid_file = options.pid_file.value_or("");
  if (!pid_file.empty()) {
    if (const auto written = replace_file(pid_file, fmt::format("{}\n", ::getpid()), 0644); !written) {
      data->remove(config::RunFile::name);
      return fail_with(written.error().message);
    }
  }
  ready();
  process.run();
  data->remove(config::RunFile::name);
  if (!pid_file.empty()) ::unlink(pid_file.c_str());
  return success;
}

/// Loads the configuration or prints every mistake in it.
template <class Then>
int with_config(const Options& options, Then&& then) {
  Configured configured = load(options);
  if (configured.loaded.errors.empty()) return then(std::move(configured));
  for (const std::string& error : configured.loaded.errors) complain(error);
  return failure;
}

int foreground(const Options& options) {
  return with_config(options, [&](Configured configured) {
    return run_node(
        options, std::move(configured), true, [] {}, [](const std::string& why) { complain(why); });
  });
}

int start(const Options& options) {
  return with_config(options, [&](Configured configured) {
    const config::Loaded& loaded = configured.loaded;
    if (DataDir::holder(loaded.config.data_dir) != 0) return complain("Node is already running!");
    const auto log_dir = std::filesystem::path(loaded.config.data_dir) / loaded.config.log.dir;
    std::error_code error;
    std::filesystem::create_directories(log_dir, error);
    const std::string why = daemonise((log_dir / "console.log").string(), start_wait, [&](ReadyPipe& pipe) {
      return run_node(
          options, std::move(configured), false, [&] { pipe.ready(); },
          [&](const std::string& reason) {
            complain(reason);
            pipe.failed(reason);
          });
    });
    if (!why.empty())
      return complain(fmt::format("MeshMQ Broker {} failed to start: {}", MESHMQ_VERSION, why));
    print(fmt::format("MeshMQ Broker {} is started successfully!", MESHMQ_VERSION));
    return success;
  });
}

/// Ends the node of the data directory. An empty text: it is gone.
std::string end_node(const config::Config& config) {
  const std::string& data_dir = config.data_dir;
  const long pid = DataDir::holder(data_dir);
  if (pid == 0) return "Node is not running!";
  if (::kill(static_cast<pid_t>(pid), SIGTERM) != 0)
    return fmt::format("cannot stop process {}: {}", pid, std::strerror(errno));
  const auto deadline = std::chrono::steady_clock::now() + config.node.handover_wait + stop_wait;
  while (DataDir::holder(data_dir) == pid) {
    if (std::chrono::steady_clock::now() > deadline) return fmt::format("process {} does not stop", pid);
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

int stop(const Options& options) {
  return with_config(options, [](const Configured& configured) {
    const config::Loaded& loaded = configured.loaded;
    const std::string why = end_node(loaded.config);
    if (!why.empty()) return complain(why);
    print("ok");
    return success;
  });
}

int restart(const Options& options) {
  return with_config(options, [&](const Configured& configured) {
    const config::Loaded& loaded = configured.loaded;
    if (DataDir::holder(loaded.config.data_dir) != 0) {
      const std::string why = end_node(loaded.config);
      if (!why.empty()) return complain(why);
      print(fmt::format("MeshMQ Broker {} is stopped: ok", MESHMQ_VERSION));
    }
    return start(options);
  });
}

/// Whether the node answers; at most ten seconds.
bool answers(const config::RunFile& node) {
  mesh::RpcTarget target{.node = node.node,
                         .cookie = node.cookie,
                         .ipv6 = node.ipv6,
                         .epmd_port = node.epmd_port,
                         .epmd = node.epmd,
                         .dist_port = node.dist_port};
  if (!node.tls_file.empty()) {
    net::DistTls::Warnings unsaid;  // the node says them
    auto tls = net::DistTls::open(node.tls_file, unsaid);
    if (!tls) return false;
    target.tls = std::move(*tls);
  }
  return mesh::rpc_call(target, "meshmq", "status", {}, 10s).has_value();
}

int ping(const Options& options) {
  return with_config(options, [](const Configured& configured) {
    const config::Loaded& loaded = configured.loaded;
    const auto run_file = config::RunFile::read(loaded.config.data_dir);
    const std::string node = run_file ? run_file->node : loaded.config.node.name;
    if (!run_file || !answers(*run_file))
      return complain(fmt::format("Node '{}' not responding to pings.", node));
    print("pong");
    return success;
  });
}

int pid(const Options& options) {
  return with_config(options, [](const Configured& configured) {
    const config::Loaded& loaded = configured.loaded;
    const long holder = DataDir::holder(loaded.config.data_dir);
    if (holder == 0) return complain("Node is not running!");
    print(std::to_string(holder));
    return success;
  });
}

int version() {
  print(fmt::format("MeshMQ Broker {}", MESHMQ_VERSION));
  return success;
}

int check_config(const Options& options) {
  config::Loaded loaded = load(options).loaded;
  check_files(loaded);
  for (const std::string& error : loaded.errors) complain(error);
  for (const std::string& warning : loaded.warnings) complain("warning: " + warning);
  if (!loaded.errors.empty()) return failure;
  print(options.config_file.value_or("The built-in configuration") + " is ok");
  return success;
}

}  // namespace

int run(const Options& options) {
  switch (options.action) {
    case Action::foreground:
    case Action::console:
      return foreground(options);
    case Action::start:
      return start(options);
    case Action::stop:
      return stop(options);
    case Action::restart:
      return restart(options);
    case Action::ping:
      return ping(options);
    case Action::pid:
      return pid(options);
    case Action::version:
      return version();
    case Action::check_config:
      return options.from_emqx || options.from_mosquitto ? translate_config(options) : check_config(options);
  }
  return failure;
}

}  // namespace meshmq::server
