#include "sim/simulation.hpp"

#include <cstdio>

namespace meshmq::sim {

namespace {

constexpr Micros warm_up = 12_s;
constexpr Micros discovery_warm_up = 60_s;
constexpr Micros quiet = 60_s;
constexpr Duration autoclean = std::chrono::seconds(15);

mqtt::QoS random_qos(Random& random) {
  return static_cast<mqtt::QoS>(random.below(3));
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, const Options& options)
    : seed_(seed), options_(options), random_(seed), network_(scheduler, random_) {}

Simulation::~Simulation() {
  processes_.clear();
}

// ---------------------------------------------------------------- Universe

std::shared_ptr<Process> Simulation::find(const std::string& node) {
  const auto it = processes_.find(node);
  return it == processes_.end() ? nullptr : it->second;
}

void Simulation::operation_done(const std::string& node, node::OperationId operation,
                                const Result<void>& result) {
  note(node + " operation " + std::to_string(operation.value) + ": " +
       (result ? "ok" : result.error().message));
}

Result<cluster::Discovered> Simulation::discover() {
  if (random_.percent(10)) return fail(Errc::unreachable, "the provider is down");
  cluster::Discovered found;
  for (const std::string& name : names_) {
    // Some know of a node later than others.
    if (!random_.percent(10)) found.nodes.push_back(name);
  }
  return found;
}

void Simulation::log(const std::string& node, LogLevel level, std::string_view text) {
  if (level == LogLevel::error) violated(node + " logs: " + std::string(text));
  if (options_.verbose) {
    std::printf("%10.3f %s [%s] %.*s\n", static_cast<double>(scheduler.now_us()) / 1e6, node.c_str(),
                std::string(to_string(level)).c_str(), static_cast<int>(text.size()), text.data());
  }
}

void Simulation::note(const std::string& what) {
  if (options_.verbose)
    std::printf("%10.3f %s\n", static_cast<double>(scheduler.now_us()) / 1e6, what.c_str());
}

// ---------------------------------------------------------------- nodes

void Simulation::build() {
  const auto strategy = static_cast<broker::SharedStrategy>(random_.below(7));
  const bool dispatch_ack = random_.percent(20);
  weather_.cuts = random_.percent(60) || options_.clocks;
  weather_.crashes = random_.percent(50) && !options_.clocks;
  weather_.moves = random_.percent(25);
  weather_.cleaning = random_.percent(30);
  weather_.pauses = random_.percent(25);
  weather_.slow = random_.percent(25);
  const bool skewed = random_.percent(30) || options_.clocks;
  const std::uint64_t few = options_.discovery ? 3 + random_.below(7) : 2 + random_.below(4);
  const std::uint64_t count = options_.nodes != 0 ? options_.nodes : few;
  if (options_.discovery) weather_.moves = false;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::string name = "n" + std::to_string(i) + "@sim";
    names_.push_back(name);
    node::Config config;
    config.name = name;
    config.workers = static_cast<std::uint16_t>(1 + random_.below(2));
    config.broker.worker_count = config.workers;
    config.log_entries_max = random_.percent(50) ? 10 : 1000;
    config.forward_keep = std::chrono::seconds(600);
    config.autoclean = weather_.cleaning ? autoclean : Duration(0);
    config.broker.late_messages_max = config.forward_keep;
    if (options_.discovery) config.discovery.provider = "static";
    config.broker.shared_strategy = strategy;
    config.broker.shared_dispatch_ack = dispatch_ack;
    configs_[name] = config;
    if (skewed) skews_[name] = static_cast<WallMillis>(random_.below(120'000)) - 60'000;
    if (!options_.discovery) start_node(name);
  }
  gather();
  const std::uint64_t clients = options_.nodes + 3 + random_.below(7);
  for (std::uint64_t i = 1; i <= clients; ++i) add_client("c" + std::to_string(i));
  add_members();
}

void Simulation::gather() {
  if (options_.discovery) {
    for (const std::string& node : names_) {
      scheduler.at(static_cast<Micros>(random_.below(500'000)), [this, node] { start_node(node); });
    }
    return;
  }
  // Everybody joins, one after another, through any member.
  for (std::size_t i = 1; i < names_.size(); ++i) {
    const std::string target = names_[random_.below(i)];
    scheduler.at(static_cast<Micros>(i) * 1_s, [this, node = names_[i], target] {
      if (const auto process = find(node)) {
        process->with_control([&](node::Control& control, Now now) {
          control.join(node::OperationId(++last_operation_), target, now);
        });
      }
    });
  }
}

void Simulation::add_members() {
  static const char* const groups[] = {"$share/g/t/#", "$share/h/t/+", "$queue/t/#"};
  const std::uint64_t members = random_.percent(60) ? 2 + random_.below(5) : 0;
  for (std::uint64_t i = 1; i <= members; ++i) {
    const std::string id = "m" + std::to_string(i);
    groups_[id] = groups[random_.below(2) + random_.below(2)];
    add_client(id);
  }
}

void Simulation::add_client(const std::string& id) {
  persistent_[id] = random_.percent(25) || options_.clocks;
  SimClient::Listener listener{
      [this](SimClient& c, MessageId m, std::string_view t, mqtt::QoS q) { received(c, m, t, q); },
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); },
      [this](MessageId m) { published_[m].acknowledged = scheduler.now_us(); },
      // Whatever a session has moved for comes at once.
      [this](SimClient& c) {
        if (!over_)
          scheduler.after(static_cast<Micros>(random_.below(2'000)), [this] { publish_somewhere(); });
        hop(c);
      },
      [this](SimClient& c, Micros since) { lost_session(c, since); }, [this](SimClient& c) { hop(c); }};
  const mqtt::Version version = random_.percent(50) ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
  clients_.push_back(std::make_shared<SimClient>(scheduler, id, version, listener));
}

void Simulation::start_node(const std::string& node) {
  note("start " + node);
  // As the server makes it: whoever was started first is the oldest.
  const auto incarnation = static_cast<std::uint64_t>(scheduler.now_us()) << 8 | ++starts_;
  auto process =
      std::make_shared<Process>(*this, network_, random_, configs_[node], incarnation, images_[node]);
  processes_[node] = process;
  process->set_skew(skews_[node]);
  process->start();
  disturb_node(node);
}

void Simulation::crash_node(const std::string& node) {
  const auto process = find(node);
  if (process == nullptr) return;
  note("crash " + node);
  crashed_ = true;
  process->drop_clients();
  disk(node).crash();
  processes_.erase(node);
  network_.crashed(node);
  disturb_node(node);
}

void Simulation::disturb(const std::string& a, const std::string& b) {
  disturbed_[a < b ? std::pair(a, b) : std::pair(b, a)] = last_disturbance_ = scheduler.now_us();
}

void Simulation::disturb_node(const std::string& node) {
  broken_[node] = last_disturbance_ = last_crash_ = scheduler.now_us();
}

void Simulation::disturb_all() {
  last_disturbance_ = last_crash_ = scheduler.now_us();
  for (const std::string& node : names_) broken_[node] = last_crash_;
}

// ---------------------------------------------------------------- misfortunes

void Simulation::cut_or_mend(const std::string& a, const std::string& b) {
  if (a == b) return;
  disturb(a, b);
  if (network_.is_cut(a, b)) {
    note("mend " + a + " " + b);
    network_.mend(a, b);
  } else {
    const bool one_way = random_.percent(30);
    note((one_way ? "cut one way " : "cut ") + a + " " + b);
    if (one_way) {
      network_.cut_one_way(a, b);
    } else {
      network_.cut(a, b);
    }
  }
}

void Simulation::slow_down_or_speed_up(const std::string& a, const std::string& b) {
  note("slow down or speed up " + a + " " + b);
  if (random_.percent(50)) {
    network_.slow_down(a, b);
  } else {
    network_.speed_up(a, b);
  }
}

void Simulation::pause_node(const std::string& node) {
  const auto process = find(node);
  if (process == nullptr || process->paused()) return;
  const auto time = static_cast<Micros>(500'000 + random_.below(25'000'000));
  note("pause " + node + " for " + std::to_string(time / 1000) + " ms");
  process->pause(time);
  pauses_.emplace(node, std::pair(scheduler.now_us(), scheduler.now_us() + time));
  disturb_node(node);
  // What was silent is back, and has to find the others.
  scheduler.after(time, [this, node] {
    note("go on " + node);
    disturb_node(node);
  });
}

void Simulation::move_member() {
  const auto process = find(random_node());
  if (process == nullptr) return;
  const std::string target = random_node();
  const std::uint64_t kind = random_.below(3);
  note(process->name() + (kind == 0 ? " leaves" : kind == 1 ? " joins " + target : " forces out " + target));
  disturb_all();
  process->with_control([&](node::Control& control, Now now) {
    const node::OperationId operation(++last_operation_);
    if (kind == 0) control.leave(operation, now);
    if (kind == 1) control.join(operation, target, now);
    if (kind == 2) control.force_leave(operation, target, now);
  });
}

void Simulation::misfortune() {
  if (over_) return;
  const std::uint64_t dice = random_.below(5);
  ++outcome_.faults;
  if (dice == 0 && weather_.cuts) {
    cut_or_mend(random_node(), random_node());
  } else if (dice == 1 && weather_.crashes) {
    const std::string node = random_node();
    if (find(node) != nullptr) {
      crash_node(node);
    } else {
      start_node(node);
    }
  } else if (dice == 2 && weather_.moves) {
    move_member();
  } else if (dice == 3 && weather_.pauses) {
    pause_node(random_node());
  } else if (dice == 4 && weather_.slow) {
    slow_down_or_speed_up(random_node(), random_node());
  }
  scheduler.after(static_cast<Micros>(100'000 + random_.below(9_s)), [this] { misfortune(); });
}

// ---------------------------------------------------------------- workload

std::string Simulation::random_topic(bool filter) {
  static const char* const words[] = {"a", "b", "c"};
  std::string topic = "t";
  const std::uint64_t levels = random_.below(3);
  for (std::uint64_t i = 0; i < levels; ++i) {
    topic += '/';
    topic += filter && random_.percent(30) ? "+" : words[random_.below(3)];
  }
  if (filter && random_.percent(20)) topic += "/#";
  return topic;
}

void Simulation::connect(const std::shared_ptr<SimClient>& client) {
  const auto process = find(random_node());
  if (process == nullptr) return;
  const bool persistent = persistent_[client->id()];
  // A session that was left behind a cut or a crash comes back old, or not at all.
  client->trust_session();
  bool reached = true;
  for (const std::string& node : client->visited()) reached = reached && calm(node, process->name());
  if (!reached) client->doubt_session();
  const bool clean_start = !persistent || random_.percent(options_.clocks ? 40 : 20);
  note(client->id() + " connects to " + process->name() + (clean_start ? ", clean" : ""));
  client->set_forgets_visits(clean_start && reached);
  client->connect(process, clean_start, persistent ? 3600 : 0);
}

void Simulation::hop(SimClient& client) {
  if (over_ || !random_.percent(10)) return;
  scheduler.after(static_cast<Micros>(random_.below(2'000)), [this, c = client.shared_from_this()] {
    if (!over_ && c->ready()) connect(c);
  });
}

void Simulation::publish(const std::shared_ptr<SimClient>& client, const std::string& topic, mqtt::QoS qos) {
  const MessageId message = ++last_message_;
  published_[message] = {topic, client->node(), qos, scheduler.now_us(), -1, client, client->epoch()};
  ++outcome_.published;
  note(client->id() + "@" + client->node() + " publishes " + std::to_string(message) + " on " + topic +
       " at QoS " + std::to_string(static_cast<int>(qos)));
  promise(message);
  client->publish(message, topic, qos);
}

void Simulation::publish_somewhere() {
  const auto& client = clients_[random_.below(clients_.size())];
  if (client->ready() && !is_member(*client)) publish(client, random_topic(false), random_qos(random_));
}

void Simulation::act() {
  if (over_) return;
  const auto& client = clients_[random_.below(clients_.size())];
  const std::uint64_t dice = random_.below(100);
  if (!client->ready()) {
    // Give a CONNECT under way a moment.
    if (dice < 30) connect(client);
  } else if (is_member(*client)) {
    act_as_member(*client, dice);
  } else if (dice < 60) {
    publish(client, random_topic(false), random_qos(random_));
  } else if (dice < 85) {
    const std::string filter = random_topic(true);
    const mqtt::QoS qos = random_qos(random_);
    note(client->id() + "@" + client->node() + " subscribes " + filter);
    client->subscribe(filter, qos);
  } else if (dice < 92 && !client->confirmed().empty()) {
    auto it = client->confirmed().begin();
    std::advance(it, static_cast<long>(random_.below(client->confirmed().size())));
    const std::string filter = it->first;
    note(client->id() + "@" + client->node() + " unsubscribes " + filter);
    client->unsubscribe(filter);
  } else if (dice < 94) {
    connect(client);
  }
  scheduler.after(static_cast<Micros>(1'000 + random_.below(150'000)), [this] { act(); });
}

void Simulation::act_as_member(SimClient& client, std::uint64_t dice) {
  const std::string& group = groups_.at(client.id());
  if (client.confirmed().empty()) {
    if (dice >= 60) return;
    note(client.id() + "@" + client.node() + " joins " + group);
    client.subscribe(group, static_cast<mqtt::QoS>(1 + random_.below(2)));
  } else if (dice < 6) {
    note(client.id() + "@" + client.node() + " leaves " + group);
    client.unsubscribe(group);
  } else if (dice < 12) {
    note(client.id() + "@" + client.node() + " disconnects");
    client.disconnect();
  } else if (dice < 16) {
    connect(client.shared_from_this());
  }
}

void Simulation::calm_down() {
  over_ = true;
  note("calm");
  for (const std::string& a : names_) {
    if (find(a) == nullptr) start_node(a);
    for (const std::string& b : names_) {
      if (a < b && network_.is_cut(a, b)) cut_or_mend(a, b);
    }
  }
  if (!weather_.moves) return;
  scheduler.after(30_s, [this] {  // whoever stood still has gone on
    // Whoever was moved out comes back: one cluster at the end. Twice, because operators of two parts may
    // have forced each other out: then the first join takes a node from where the one before had joined.
    disturb_all();
    for (std::size_t i = 1; i < 2 * names_.size(); ++i) {
      if (i % names_.size() == 0) continue;
      scheduler.after(static_cast<Micros>(i) * 2_s, [this, node = names_[i % names_.size()]] {
        find(node)->with_control([&](node::Control& control, Now now) {
          control.join(node::OperationId(++last_operation_), names_[0], now);
        });
      });
    }
  });
}

void Simulation::final_probes() {
  for (const auto& client : clients_) {
    if (!client->ready() || is_member(*client)) continue;
    for (int i = 0; i < 5; ++i) publish(client, random_topic(false), random_qos(random_));
  }
}

Outcome Simulation::run() {
  build();
  // A few joins may be refused first, and each try takes its time.
  const Micros begin =
      (options_.discovery ? discovery_warm_up : warm_up) + static_cast<Micros>(options_.nodes) * 1_s;
  scheduler.at(begin, [this] { act(); });
  scheduler.at(begin, [this] { misfortune(); });
  const Micros storm = begin + static_cast<Micros>(random_.below(60'000'000)) + 10_s;
  if (options_.discovery) scheduler.at(begin - 1, [this] { check_gathered(); });
  scheduler.run_until(storm);
  calm_down();
  const Micros rejoining = weather_.moves ? 30_s + static_cast<Micros>(options_.nodes) * 4_s : 0;
  scheduler.run_until(storm + quiet + rejoining);
  check_tables();
  final_probes();
  scheduler.run_until(scheduler.now_us() + 20_s);
  check_kept_forwards();
  check_kept_groups();
  verify();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
