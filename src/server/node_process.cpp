#include "server/node_process.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "admin/command_table.hpp"
#include "admin/metrics.hpp"
#include "admin/os_monitor.hpp"
#include "admin/sys_topics.hpp"
#include "base/assert.hpp"
#include "base/json.hpp"
#include "cluster/membership.hpp"
#include "config/run_file.hpp"
#include "discovery/provider.hpp"
#include "mesh/mesh.hpp"
#include "net/clock.hpp"
#include "net/control_mailbox.hpp"
#include "net/dist_tls.hpp"
#include "net/route_table.hpp"
#include "net/worker_thread.hpp"
#include "node/control.hpp"
#include "server/backup_directory.hpp"
#include "server/call_audit.hpp"
#include "server/component_settings.hpp"
#include "server/conf_keeper.hpp"
#include "server/control_shell.hpp"
#include "server/discovery_setup.hpp"
#include "server/forward_bridge.hpp"
#include "server/listener_setup.hpp"
#include "server/management.hpp"
#include "server/node_store.hpp"
#include "server/process_host.hpp"
#include "server/remote_calls.hpp"
#include "server/service_manager.hpp"
#include "server/statsd_push.hpp"

namespace meshmq::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto tick_interval = std::chrono::milliseconds(100);
constexpr auto sample_interval = std::chrono::seconds(30);
/// How often the files of certificates are looked at.
constexpr auto certificate_interval = std::chrono::seconds(10);
/// How long a stopping node waits for its goodbyes to be written, and how often it looks.
constexpr auto goodbye_wait = std::chrono::seconds(5);
constexpr auto goodbye_interval = std::chrono::milliseconds(20);

std::uint64_t unpredictable() {
  std::uint64_t value = 0;
  const ssize_t got = getrandom(&value, sizeof value, 0);
  MESHMQ_ASSERT(got == static_cast<ssize_t>(sizeof value), "the kernel has no randomness");
  return value;
}

/// Grows with every start, and differs even if the clock stands still.
std::uint64_t new_incarnation() {
  return static_cast<std::uint64_t>(net::read_clock().wall) << 20 | (unpredictable() & 0xFFFFF);
}

/// Whoever reads the run file may stand elsewhere.
std::string absolute(const std::string& path) {
  std::error_code ignored;
  return path.empty() ? path : std::filesystem::absolute(path, ignored).string();
}

}  // namespace

/// Members are destroyed in reverse order: users before what they use. Threads end in stop_threads().
class NodeProcess::Impl final : public mesh::MeshHandler {
 public:
  Impl(NodeOptions options, const DataDir& data, LogOutput& log, ProcessRecords& records)
      : options_(std::move(options)),
        data_(data),
        log_(&log),
        routes_(config_.node.workers, unpredictable()),
        mailbox_(io_, [this](std::vector<node::ToControl>& batch) { handle(batch); }),
        mesh_(io_, mesh_options(config_), *this, log_),
        bridge_(io_, {.node = config_.node.name, .tick_time = config_.mesh.net_ticktime}, log_),
        workers_(make_workers()),
        worker_pointers_(pointers()),
        acl_(config_.access.acl_file, log_),
        pool_(io_, config_.node.workers),
        host_(worker_pointers_, log, records, acl_, pool_),
        shell_(io_, worker_pointers_, pool_, [this](const std::string& image) { save(image); }),
        conf_(options_.request, options_.settings, config_.node.name, data, log_,
              [this](const ConfKeeper::Applied& applied) { reconfigure(applied); }) {
    bridge_.attach(mesh_);
    shell_.attach(mesh_);
    shell_.on_traces = [&records](const std::vector<std::string>& names) { records.keep_traces(names); };
  }
  ~Impl() override { stop_threads(); }

  Result<void> start();
  void run() { io_.run(); }

  // --- mesh::MeshHandler
  void link_up(const std::string& node) override {
    ++links_;
    shell_.event([&](node::Control& c) { c.link_up(node, net::read_clock()); });
  }
  void link_frame(const std::string& node, std::string_view frame) override {
    shell_.event([&](node::Control& c) { c.link_frame(node, frame, net::read_clock()); });
  }
  void link_down(const std::string& node, cluster::LinkError error, const std::string& detail) override {
    log_.debug("Link to {} down: {} ({})", node, to_string(error), detail);
    --links_;
    shell_.event([&](node::Control& c) { c.link_down(node, error, detail, net::read_clock()); });
  }
  void forward_accepted(const std::string& origin, std::uint16_t worker,
                        mesh::AdoptedSocket socket) override {
    bridge_.accepted(worker_pointers_, origin, worker, std::move(socket));
  }
  void rpc_call(RpcId id, const erldist::RpcCall& call) override;

 private:
  std::vector<std::unique_ptr<net::WorkerThread>> make_workers();
  std::vector<net::WorkerThread*> pointers() const;
  Result<void> secure_mesh();
  Result<void> start_store();
  Result<void> start_control();
  Result<void> start_discovery();
  Result<void> start_listeners();
  Result<void> write_run_file() const;
  Result<void> write_ports_file() const;
  Result<std::string> saved_image() const;
  void save(const std::string& image) const;
  std::string image_name() const { return "membership." + config_.node.name; }

  void reconfigure(const ConfKeeper::Applied& applied);
  void take_cluster_settings();
  admin::Author author_of(const SettingChange& change) const;
  void handle(std::vector<node::ToControl>& batch);
  void arm_tick();
  void arm_sample();
  void arm_certificates();
  std::vector<std::uint64_t> turns() const;
  std::string service_status() const;
  void await_signal();
  void await_hangup();
  void say_goodbye();
  void stop_when_quiet(std::chrono::steady_clock::time_point deadline);
  void stop_threads();

  const NodeOptions options_;
  const config::Config& config_ = options_.config;
  const DataDir& data_;
  const Logger log_;
  const std::uint64_t incarnation_ = new_incarnation();
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  asio::signal_set hangups_{io_, SIGHUP};
  const bool at_terminal_ = ::isatty(STDIN_FILENO) == 1;
  asio::steady_timer tick_timer_{io_};
  asio::steady_timer sample_timer_{io_};
  asio::steady_timer goodbye_timer_{io_};
  asio::steady_timer certificate_timer_{io_};
  net::SharedRouteTable routes_;
  net::ControlMailbox mailbox_;
  mesh::Mesh mesh_;
  ForwardBridge bridge_;
  std::vector<std::unique_ptr<net::WorkerThread>> workers_;
  std::vector<net::WorkerThread*> worker_pointers_;
  AclSource acl_;
  WorkPool pool_;
  ProcessHost host_;
  ControlShell shell_;
  std::unique_ptr<discovery::Provider> provider_;
  std::unique_ptr<NodeStore> store_;
  std::unique_ptr<node::Control> control_;
  std::unique_ptr<admin::Desk> desk_;
  std::unique_ptr<admin::CommandTable> commands_;
  std::unique_ptr<admin::SysTopics> sys_topics_;
  std::unique_ptr<admin::OsMonitor> os_monitor_;
  std::unique_ptr<RemoteCalls> remote_calls_;
  Management management_{io_, config_, log_};
  ServiceManager service_{io_, [this] { return turns(); }};
  ConfKeeper conf_;
  BackupDirectory backups_{config_.data_dir};
  StatsdPush statsd_{io_, config_, log_};
  std::ptrdiff_t links_ = 0;  ///< open control links
  bool stopping_ = false;
};

// ---------------------------------------------------------------- start

std::vector<std::unique_ptr<net::WorkerThread>> NodeProcess::Impl::make_workers() {
  std::vector<std::unique_ptr<net::WorkerThread>> workers;
  for (std::uint16_t i = 0; i < config_.node.workers; ++i) {
    net::WorkerThreadOptions options;
    options.node = config_.node;
    options.self = broker::WorkerIndex(i);
    options.incarnation = incarnation_;
    options.seed = unpredictable();
    options.mailbox = {.messages_max = config_.mailbox_messages, .bytes_max = config_.mailbox_bytes};
    workers.push_back(
        std::make_unique<net::WorkerThread>(std::move(options), routes_, mailbox_, bridge_, log_));
  }
  return workers;
}

std::vector<net::WorkerThread*> NodeProcess::Impl::pointers() const {
  std::vector<net::WorkerThread*> result;
  for (const auto& worker : workers_) result.push_back(worker.get());
  return result;
}

Result<void> NodeProcess::Impl::start() {
  options_.say("Starting meshmq on node " + config_.node.name);
  if (auto secured = secure_mesh(); !secured) return secured;
  if (auto started = start_store(); !started) return started;
  if (auto started = mesh_.start(); !started) return started;
  if (auto started = start_discovery(); !started) return started;
  if (auto started = start_control(); !started) return started;
  for (const auto& worker : workers_) {
    if (auto started = worker->start(worker_pointers_); !started) return started;
  }
  // Sessions that were on disk are there, and their routes, before a client can come.
  while (!control_->ready()) io_.run_one();
  if (auto started = start_listeners(); !started) return started;
  if (auto written = write_run_file(); !written) return written;
  if (auto written = write_ports_file(); !written) return written;
  arm_tick();
  arm_sample();
  arm_certificates();
  statsd_.start(*desk_);
  await_signal();
  await_hangup();
  options_.say(fmt::format("MeshMQ Broker {} is running now!", host_.version()));
  service_.ready(service_status());
  return {};
}

Result<void> NodeProcess::Impl::secure_mesh() {
  const std::string file = config_.mesh.tls_file();
  if (file.empty()) return {};
  net::DistTls::Warnings warnings;
  auto tls = net::DistTls::open(file, warnings);
  for (const std::string& warning : warnings) log_.warning("{}", warning);
  if (!tls) return tl::unexpected<Error>(std::move(tls.error()));
  mesh_.secure(*tls);
  host_.add_dist_tls(std::move(*tls));
  return {};
}

/// Before anything that others see: a store that cannot be used ends the start.
Result<void> NodeProcess::Impl::start_store() {
  auto store = NodeStore::open(config_, log_);
  if (!store) return tl::unexpected<Error>(std::move(store.error()));
  store_ = std::move(*store);
  shell_.on_store = [this](node::StoreBatch batch) {
    store_->put(std::move(batch), [this](node::StoreOutcome outcome) {
      asio::post(io_, [this, outcome = std::move(outcome)]() mutable {
        shell_.event([&](node::Control& c) { c.stored(std::move(outcome), net::read_clock()); });
      });
    });
  };
  return {};
}

Result<void> NodeProcess::Impl::start_control() {
  const auto image = saved_image();
  if (!image) return tl::unexpected<Error>(image.error());
  const Now now = net::read_clock();
  control_ = std::make_unique<node::Control>(config_.node, *image, incarnation_, routes_, shell_, log_,
                                             unpredictable(), now);
  shell_.attach(*control_);
  acl_.attach(control_->access());
  if (const auto loaded = acl_.load(); !loaded) return tl::unexpected<Error>(loaded.error());
  if (auto loaded = store_->load(*control_); !loaded) return loaded;
  store_->begin(config_);
  desk_ = std::make_unique<admin::Desk>(config_.node.name, *control_, host_, now);
  desk_->audit.configure(audit_settings(config_));
  commands_ = std::make_unique<admin::CommandTable>(*desk_);
  sys_topics_ = std::make_unique<admin::SysTopics>(*desk_, sys_intervals(config_));
  os_monitor_ = std::make_unique<admin::OsMonitor>(host_, control_->alarms(), os_monitor_settings(config_));
  remote_calls_ = std::make_unique<RemoteCalls>(*commands_, *control_, desk_->audit);
  management_.attach(
      *desk_, [this](const std::function<void()>& run) { shell_.event([&](node::Control&) { run(); }); });
  host_.attach(management_);
  desk_->configuration = &conf_;
  desk_->backups = &backups_;
  conf_.on_change = [this](const SettingChange& change) {
    audit_setting(desk_->audit, author_of(change), change, net::read_clock());
  };
  shell_.on_settings_changed = [this] { take_cluster_settings(); };
  shell_.on_operation_done = [this](node::OperationId operation, Result<void> result) {
    desk_->operation_done(operation, std::move(result));
  };
  shell_.on_peer_answered = [this](node::OperationId operation, const Result<std::string>& answer) {
    desk_->peer_answered(operation, answer);
  };
  shell_.on_peer_asks = [this](const node::PeerCall& call, const std::string& question) {
    const auto answered = [this, call](const std::string& answer) { control_->answer_peer(call, answer); };
    if (rest::is_question(question)) return management_.office().serve(question, net::read_clock(), answered);
    commands_->serve(question, net::read_clock(), answered);
  };
  shell_.on_query_done = [this](node::OperationId operation, std::vector<node::QueryReply> replies) {
    desk_->query_done(operation, std::move(replies));
  };
  shell_.on_verified = [this](node::OperationId operation, const cluster::VerifyReport& report) {
    desk_->verified(operation, report);
  };
  return {};
}

/// Before anything is asked of it: that is done by the first tick.
Result<void> NodeProcess::Impl::start_discovery() {
  auto provider = discovery::make_provider(
      io_, discovery_options(config_),
      [this](const Result<cluster::Discovered>& found) {
        shell_.event([&](node::Control& control) { control.discovered(found, net::read_clock()); });
      },
      log_);
  if (!provider) return tl::unexpected<Error>(std::move(provider.error()));
  provider_ = std::move(*provider);
  shell_.attach(provider_.get());
  return {};
}

Result<void> NodeProcess::Impl::start_listeners() {
  // Workers know who may come in before anybody does.
  if (control_->end_of_turn(net::read_clock())) shell_.end_turn_soon();
  for (const config::Listener& listener : config_.listeners) {
    const std::string id = listener_id(listener);
    std::vector<std::string> warnings;
    auto setup = prepare_listener(listener, warnings);
    for (const std::string& warning : warnings) log_.warning("{}", warning);
    if (!setup) {
      return fail(setup.error().code, fmt::format("Failed to start {} listener on {}:{}: {}", id,
                                                  listener.host, listener.port, setup.error().message));
    }
    if (auto started = host_.add_listener(std::move(*setup)); !started) return started;
    options_.say(fmt::format("Start {} listener on {} successfully.", id, host_.address_of(id)));
  }
  return management_.start(options_.say);
}

Result<void> NodeProcess::Impl::write_run_file() const {
  const config::RunFile file{.pid = ::getpid(),
                             .node = config_.node.name,
                             .cookie = config_.mesh.cookie,
                             .ipv6 = config_.mesh.ipv6(),
                             .epmd = config_.mesh.epmd,
                             .epmd_port = config_.mesh.epmd_port,
                             .dist_port = mesh_.port(),
                             .tls_file = absolute(config_.mesh.tls_file())};
  return data_.replace(config::RunFile::name, file.text(), 0600);
}

Result<void> NodeProcess::Impl::write_ports_file() const {
  if (options_.ports_file.empty()) return {};
  std::vector<std::pair<std::string, Json>> ports;
  for (const config::Listener& listener : config_.listeners) {
    ports.emplace_back(fmt::format("listener.{}.{}", listener.kind, listener.name),
                       host_.port_of(listener_id(listener)));
  }
  for (const auto& [key, port] : management_.ports()) ports.emplace_back(key, port);
  ports.emplace_back("node.dist", mesh_.port());
  if (config_.mesh.epmd) ports.emplace_back("node.epmd", config_.mesh.epmd_port);
  return replace_file(options_.ports_file, Json::object(ports).text() + "\n", 0644);
}

// ---------------------------------------------------------------- membership on disk

/// One image for each name that the node has had: with another name it is another node.
Result<std::string> NodeProcess::Impl::saved_image() const {
  auto image = data_.read(image_name());
  if (!image || image->empty() || cluster::Membership::restore(*image, config_.node.name)) return image;
  // The core says what is wrong with it and begins anew; whoever wants to look at it still can.
  if (auto kept = data_.replace(image_name() + ".damaged", *image, 0640); !kept) {
    return tl::unexpected<Error>(kept.error());
  }
  return image;
}

void NodeProcess::Impl::save(const std::string& image) const {
  if (const auto saved = data_.replace(image_name(), image, 0640); !saved) {
    log_.critical("The membership is not durable: {}", saved.error().message);
  }
}

// ---------------------------------------------------------------- settings that change

void NodeProcess::Impl::reconfigure(const ConfKeeper::Applied& applied) {
  const config::Config& config = applied.config;
  shell_.event([&](node::Control& control) { control.reconfigure(config.node); });
  sys_topics_->reconfigure(sys_intervals(config));
  os_monitor_->reconfigure(os_monitor_settings(config));
  management_.reconfigure(config);
  host_.reconfigure(config.listeners);
  desk_->audit.configure(audit_settings(config));
  statsd_.reconfigure(config);
  if (applied.keys.contains("log.level") || applied.keys.contains("log.primary_log_level")) {
    host_.set_log_level(config.log.level);
    if (config.log.primary_level) host_.records().set_primary_level(*config.log.primary_level);
  }
  if (!applied.keys.contains("acl_file")) return;
  acl_.set_path(config.access.acl_file);
  shell_.event([&](node::Control&) { (void)acl_.load(); });
}

void NodeProcess::Impl::take_cluster_settings() {
  node::SharedSettings& settings = control_->shared_settings();
  admin::ConfigValues values;
  for (const std::string& key : settings.take_changed()) values.emplace_back(key, settings.value(key));
  const admin::Audit::Acting acting(desk_->audit, {});
  conf_.cluster_changed(values);
}

/// Nobody acts here: it was set for all nodes.
admin::Author NodeProcess::Impl::author_of(const SettingChange& change) const {
  const admin::Author& acting = desk_->audit.author();
  if (!acting.who.empty()) return acting;
  return author_here(control_->shared_settings().author(change.key), config_.node.name);
}

// ---------------------------------------------------------------- running

void NodeProcess::Impl::handle(std::vector<node::ToControl>& batch) {
  const Now now = net::read_clock();
  shell_.event([&](node::Control& control) {
    for (node::ToControl& message : batch) control.handle(std::move(message), now);
  });
}

void NodeProcess::Impl::rpc_call(RpcId id, const erldist::RpcCall& call) {
  shell_.event([&](node::Control&) {
    remote_calls_->call(call, net::read_clock(), [this, id](const RemoteAnswer& answer) {
      if (answer.refused) return mesh_.rpc_refuse(id, answer.reason);
      mesh_.rpc_answer(id, answer.output, answer.value);
    });
  });
}

void NodeProcess::Impl::arm_tick() {
  tick_timer_.expires_after(tick_interval);
  tick_timer_.async_wait([this](error_code error) {
    if (error) return;
    host_.note_lateness(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - tick_timer_.expiry()));
    shell_.event([this](node::Control& control) {
      const Now now = net::read_clock();
      control.tick(now);
      sys_topics_->tick(now);
      os_monitor_->tick(now);
    });
    arm_tick();
  });
}

void NodeProcess::Impl::arm_sample() {
  sample_timer_.expires_after(sample_interval);
  sample_timer_.async_wait([this](error_code error) {
    if (error) return;
    shell_.event([this](node::Control&) { admin::sample(*desk_, net::read_clock()); });
    if (!stopping_) service_.status(service_status());
    arm_sample();
  });
}

void NodeProcess::Impl::arm_certificates() {
  certificate_timer_.expires_after(certificate_interval);
  certificate_timer_.async_wait([this](error_code error) {
    if (error) return;
    host_.reload_changed_certificates();
    arm_certificates();
  });
}

void NodeProcess::Impl::await_hangup() {
  hangups_.async_wait([this](error_code error, int) {
    if (error) return;
    // Not meant for the configuration: its terminal was closed.
    if (at_terminal_ && ::isatty(STDIN_FILENO) == 0) {
      if (!stopping_) say_goodbye();
      return;
    }
    service_.reloading();
    {
      const admin::Audit::Acting acting(desk_->audit, {"signal", "SIGHUP"});
      conf_.reload();
    }
    host_.reload_certificates();
    if (const auto loaded = host_.reload_acl())
      log_.log(LogLevel::notice, "{} rules of acl_file hold now", *loaded);
    service_.ready(service_status());
    await_hangup();
  });
}

std::vector<std::uint64_t> NodeProcess::Impl::turns() const {
  std::vector<std::uint64_t> result;
  for (const auto& worker : workers_) result.push_back(worker->stats().turns);
  return result;
}

std::string NodeProcess::Impl::service_status() const {
  std::size_t connections = 0;
  for (const auto& worker : workers_) connections += worker->stats().connections;
  const node::ClusterStatus status = control_->status();
  return fmt::format("{} accepts clients, {} are connected; {} of {} nodes run", config_.node.name,
                     connections, status.running_nodes.size(),
                     status.running_nodes.size() + status.stopped_nodes.size());
}

// ---------------------------------------------------------------- stop

void NodeProcess::Impl::await_signal() {
  signals_.async_wait([this](error_code error, int) {
    if (error) return;
    if (stopping_) std::_Exit(EXIT_FAILURE);
    say_goodbye();
    await_signal();
  });
}

void NodeProcess::Impl::say_goodbye() {
  stopping_ = true;
  host_.set_stopping();
  service_.stopping();
  log_.info("Stopping");
  for (const admin::ListenerInfo& listener : host_.listeners()) {
    options_.say(fmt::format("Stop {} listener on {} successfully.", listener.id, listener.listen_on));
  }
  host_.stop_listeners();
  if (provider_) provider_->withdraw();
  shell_.event([](node::Control& control) { control.shut_down(net::read_clock()); });
  stop_when_quiet(std::chrono::steady_clock::now() + goodbye_wait);
}

void NodeProcess::Impl::stop_when_quiet(std::chrono::steady_clock::time_point deadline) {
  goodbye_timer_.expires_after(goodbye_interval);
  goodbye_timer_.async_wait([this, deadline](error_code error) {
    if (error) return;
    std::size_t connections = 0;
    for (const auto& worker : workers_) connections += worker->stats().connections;
    // The core ends by itself, however long its sessions take.
    const bool late = std::chrono::steady_clock::now() >= deadline;
    const bool waits = !control_->stopped() || ((connections > 0 || links_ > 0) && !late);
    if (waits) return stop_when_quiet(deadline);
    if (connections > 0) log_.warning("{} clients did not take their goodbye in time", connections);
    stop_threads();
    io_.stop();
  });
}

void NodeProcess::Impl::stop_threads() {
  host_.stop_listeners();
  management_.stop();
  statsd_.stop();
  mesh_.stop();
  pool_.stop();
  for (const auto& worker : workers_) worker->stop();
  mailbox_.close();
  if (store_) store_->close();
}

NodeProcess::NodeProcess(NodeOptions options, const DataDir& data, LogOutput& log, ProcessRecords& records)
    : impl_(std::make_unique<Impl>(std::move(options), data, log, records)) {}
NodeProcess::~NodeProcess() = default;
Result<void> NodeProcess::start() {
  return impl_->start();
}
void NodeProcess::run() {
  impl_->run();
}

}  // namespace meshmq::server
