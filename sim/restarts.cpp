#include "sim/restarts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace meshmq::sim {

namespace {

constexpr std::uint32_t session_expiry_s = 3600;
/// After a start all members have met by then.
constexpr Micros calm_after = 18_s;
constexpr Micros storm = 240_s;

}  // namespace

Restarts::Restarts(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Restarts::~Restarts() {
  processes_.clear();
}

// ---------------------------------------------------------------- nodes

void Restarts::build() {
  crashes_ = random_.percent(40);
  const std::uint64_t count = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    node::Config config = next_node(2);
    config.broker.queue_messages_max = 100'000;
    config.handover_rate = random_.percent(30) ? 2 : 1000;
    configs_[config.name] = config;
    start_node(config.name);
  }
  join_all();
  const std::uint64_t readers = 1 + random_.below(6);
  for (std::uint64_t i = 0; i < readers; ++i) {
    const auto version = random_.percent(50) ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
    readers_.push_back({.client = make_client(fmt::format("reader{}", i), version),
                        .topic = fmt::format("s/{}", random_.below(3)),
                        .qos = static_cast<mqtt::QoS>(1 + random_.below(2)),
                        .promised = {}});
  }
  for (int i = 0; i < 3; ++i)
    publishers_.push_back(make_client(fmt::format("publisher{}", i), mqtt::Version::v5));
}

std::shared_ptr<SimClient> Restarts::make_client(const std::string& id, mqtt::Version version) {
  SimClient::Listener listener{
      [this](SimClient& c, MessageId m, std::string_view, mqtt::QoS qos) {
        ++outcome_.delivered;
        note(fmt::format("{}@{} gets {}", c.id(), c.node(), m));
        if (!crashes_ && qos == mqtt::QoS::exactly_once && c.copies(m) > 1)
          violated(fmt::format("{} got message {} twice at QoS 2", c.id(), m));
      },
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); },
      [this](MessageId m) { acknowledged(m); }, [](SimClient&) {},
      [this](SimClient& c, Micros) {
        if (!crashes_) violated(c.id() + "@" + c.node() + " lost its session");
      }};
  return std::make_shared<SimClient>(scheduler, id, version, listener);
}

std::vector<std::shared_ptr<Process>> Restarts::open_nodes() {
  std::vector<std::shared_ptr<Process>> result;
  // Who comes to a node that has not met the others yet begins anew; that is another simulation.
  if (scheduler.now_us() < disturbed_at_ + calm_after) return result;
  for (const auto& [name, process] : processes_) {
    const bool closed = stopping_.contains(name) || evacuated_.contains(name);
    if (!closed && process->control().ready()) result.push_back(process);
  }
  return result;
}

bool Restarts::calm() const {
  return stopping_.empty() && processes_.size() == names_.size() &&
         scheduler.now_us() >= disturbed_at_ + calm_after;
}

void Restarts::start_node(const std::string& node) {
  note("start " + node);
  launch(configs_[node], ++incarnations_[node]);
  disturb();
}

void Restarts::crash_node(const std::string& node) {
  if (find(node) == nullptr) return;
  note("crash " + node);
  kill(node);
  stopping_.erase(node);
  disturb();
}

void Restarts::stop_node(const std::string& node) {
  note("stop " + node);
  stopping_.insert(node);
  // Alone it cannot hand anything over: what is published elsewhere meanwhile is not for its sessions.
  find(node)->stop([this, node] {
    note("stopped " + node);
    stopping_.erase(node);
    processes_.erase(node);
    network_.crashed(node);
  });
}

// ---------------------------------------------------------------- misfortunes

void Restarts::misfortune() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(random_.below(10_s)), [this] { misfortune(); });
  if (random_.percent(30)) return trouble_disk();
  if (busy_ || !calm()) return;
  ++outcome_.faults;
  if (crashes_ && random_.percent(60)) {
    const std::string node = names_[random_.below(names_.size())];
    crash_node(node);
    scheduler.after(static_cast<Micros>(random_.below(5_s)), [this, node] {
      if (find(node) == nullptr) start_node(node);
    });
  } else if (random_.percent(30) && names_.size() > 1) {
    evacuate_one();
  } else if (random_.percent(70)) {
    restart_one();
  } else {
    restart_all();
  }
}

void Restarts::restart_one() {
  busy_ = true;
  const std::string node = names_[random_.below(names_.size())];
  stop_node(node);
  const auto again = std::make_shared<std::function<void()>>();
  *again = [this, node, weak = std::weak_ptr(again)] {
    if (find(node) != nullptr) return scheduler.after(1_s, *weak.lock());
    start_node(node);
    busy_ = false;
  };
  scheduler.after(1_s, [again] { (*again)(); });
  scheduler.after(600_s, [again] {});  // keeps it alive
}

void Restarts::evacuate_one() {
  busy_ = true;
  const std::string node = names_[random_.below(names_.size())];
  const std::size_t rate = 1 + random_.below(20);
  note(fmt::format("evacuate {}, {} clients per second", node, rate));
  evacuated_.insert(node);
  find(node)->with_control([&](node::Control& control, Now now) {
    if (!control.evacuation().evacuate(rate, now)) violated(node + " cannot be evacuated");
  });
  // Sometimes before it is done.
  scheduler.after(1_s + static_cast<Micros>(random_.below(40_s)), [this, node] {
    note("serve again " + node);
    find(node)->with_control([&](node::Control& control, Now) {
      const auto status = control.evacuation().status();
      if (status.done && status.connections + status.sessions > 0)
        violated(fmt::format("{} has {} sessions left", node, status.sessions));
      (void)control.evacuation().stop(node::Shedding::evacuation);
    });
    evacuated_.erase(node);
    busy_ = false;
  });
}

/// One after another, and in the other order again.
void Restarts::restart_all() {
  busy_ = true;
  auto left = std::make_shared<std::vector<std::string>>(names_);
  const auto again = std::make_shared<std::function<void()>>();
  *again = [this, left, weak = std::weak_ptr(again)] {
    if (!stopping_.empty()) return scheduler.after(1_s, *weak.lock());
    if (!left->empty()) {
      const std::string node = left->back();
      left->pop_back();
      if (find(node) != nullptr) stop_node(node);
      return scheduler.after(1_s, *weak.lock());
    }
    for (const std::string& node : names_) {
      if (find(node) == nullptr) start_node(node);
    }
    busy_ = false;
  };
  (*again)();
  scheduler.after(600_s, [again] {});
}

void Restarts::trouble_disk() {
  Disk& one = disk(names_[random_.below(names_.size())]);
  one.set_delay(random_.percent(50) ? 1_ms : 300_ms);
  // A disk that stays full at the end of a node costs its sessions.
  one.set_full(crashes_ && random_.percent(30));
}

// ---------------------------------------------------------------- clients

void Restarts::act() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(1'000 + random_.below(60'000)), [this] { act(); });
  const std::uint64_t dice = random_.below(100);
  if (dice < 20) return read(readers_[random_.below(readers_.size())]);
  if (dice < 30) return retain();
  publish();
}

void Restarts::read(Reader& reader) {
  SimClient& client = *reader.client;
  if (client.ready()) {
    if (client.confirmed().empty()) {
      client.subscribe(reader.topic, reader.qos);
    } else if (random_.percent(10)) {
      note(client.id() + " disconnects");
      client.disconnect();
    }
    if (client.confirmed().empty()) {
      reader.subscribed_at = -1;
    } else if (reader.subscribed_at < 0) {
      reader.subscribed_at = scheduler.now_us();
    }
    return;
  }
  const auto nodes = open_nodes();
  if (nodes.empty() || random_.percent(70)) return;
  const auto& node = nodes[random_.below(nodes.size())];
  note(client.id() + " connects to " + node->name());
  client.connect(node, false, session_expiry_s);
}

void Restarts::publish() {
  const auto& client = publishers_[random_.below(publishers_.size())];
  if (!client->ready()) {
    const auto nodes = open_nodes();
    if (!nodes.empty()) client->connect(nodes[random_.below(nodes.size())], true, 0);
    return;
  }
  const MessageId message = ++last_message_;
  const std::string topic = fmt::format("s/{}", random_.below(3));
  // A stop disturbs nobody as long as there is somebody else.
  const bool others = processes_.size() > stopping_.size();
  published_[message] = {topic, scheduler.now_us(), -1,
                         others && scheduler.now_us() >= disturbed_at_ + calm_after};
  ++outcome_.published;
  note(fmt::format("{}@{} publishes {} on {}", client->id(), client->node(), message, topic));
  client->publish(message, topic, static_cast<mqtt::QoS>(1 + random_.below(2)));
}

void Restarts::retain() {
  const auto& client = publishers_[random_.below(publishers_.size())];
  if (!client->ready()) return;
  const MessageId message = ++last_message_;
  const std::string topic = fmt::format("r/{}", random_.below(4));
  published_[message] = {topic, scheduler.now_us(), -1, false};
  retained_[topic].push_back(message);
  const bool deletes = random_.percent(10);
  if (deletes) deletions_.insert(message);
  ++outcome_.published;
  note(fmt::format("{}@{} retains {} on {}{}", client->id(), client->node(), message, topic,
                   deletes ? " (deletes)" : ""));
  client->retain(message, topic, static_cast<mqtt::QoS>(1 + random_.below(2)), deletes);
}

void Restarts::acknowledged(MessageId message) {
  Published& p = published_.at(message);
  p.acknowledged = scheduler.now_us();
  note(fmt::format("{} is acknowledged", message));
  if (!p.undisturbed || p.acknowledged - p.at >= prompt || disturbed_at_ >= p.at) return;
  for (Reader& reader : readers_) {
    const bool subscribed = reader.subscribed_at >= 0 && reader.subscribed_at <= p.at;
    if (subscribed && reader.topic == p.topic) reader.promised.insert(message);
  }
}

// ---------------------------------------------------------------- checks

void Restarts::check_readers() {
  if (crashes_) return;
  for (const Reader& reader : readers_) {
    for (const MessageId message : reader.promised) {
      ++outcome_.promises;
      if (!reader.client->got(message))
        violated(fmt::format("{} never got message {} on {}", reader.client->id(), message, reader.topic));
    }
  }
}

void Restarts::check_retained() {
  std::map<std::string, MessageId> expected;
  for (const std::string& node : names_) {
    std::map<std::string, MessageId> found;
    for (const auto& message : find(node)->control().retained("r/#")) {
      MessageId id = 0;
      const std::string_view payload = message->payload();
      std::from_chars(payload.data(), payload.data() + payload.size(), id);
      found[std::string(message->topic())] = id;
    }
    if (node == names_[0]) expected = found;
    if (found != expected) violated(node + " has other retained messages than " + names_[0]);
  }
  for (const auto& [topic, messages] : retained_) {
    // The last one that was acknowledged, or what came while it was under way, or later.
    Micros newest = -1;
    for (const MessageId m : messages) {
      const Published& p = published_.at(m);
      if (p.acknowledged >= 0 && p.acknowledged - p.at < prompt) newest = std::max(newest, p.at);
    }
    const auto possible = [&](MessageId m) {
      const Published& p = published_.at(m);
      return p.acknowledged < 0 ? p.at + 5_s >= newest : p.acknowledged >= newest;
    };
    ++outcome_.promises;
    const auto is = expected.find(topic);
    const bool good = std::any_of(messages.begin(), messages.end(), [&](MessageId m) {
      if (!possible(m)) return false;
      return deletions_.contains(m) ? is == expected.end() : is != expected.end() && is->second == m;
    });
    if (!good && newest >= 0)
      violated(fmt::format("{} retains {}", topic, is == expected.end() ? 0 : is->second));
  }
}

Outcome Restarts::run() {
  build();
  scheduler.run_until(25_s);
  disturbed_at_ = 0;
  act();
  scheduler.run_until(30_s);
  misfortune();
  scheduler.run_until(30_s + storm);
  over_ = true;
  for (const std::string& node : names_) {
    disk(node).set_full(false);
    disk(node).set_delay(1_ms);
  }
  while (!stopping_.empty() || busy_) scheduler.run_until(scheduler.now_us() + 1_s);
  for (const std::string& node : names_) {
    if (find(node) == nullptr) start_node(node);
  }
  scheduler.run_until(scheduler.now_us() + 40_s);
  // Whoever was away comes for what waits.
  for (Reader& reader : readers_) {
    if (!reader.client->ready()) reader.client->connect(find(names_[0]), false, session_expiry_s);
  }
  scheduler.run_until(scheduler.now_us() + 20_s);
  check_readers();
  check_retained();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
