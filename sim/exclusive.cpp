#include "sim/exclusive.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace meshmq::sim {

namespace {

constexpr Micros warm_up = 20_s;
constexpr Micros storm = 150_s;
/// What two parts of a cluster gave away twice has one owner so long after nothing keeps them from meeting.
constexpr Micros settled_after = 20_s;
/// What a client did is known to all nodes by then. Who asked and was gone before the answer holds others up
/// for no longer.
constexpr Micros known = 2_s;
constexpr Micros delivered = 5_s;
constexpr std::uint32_t session_expiry_s = 3600;
constexpr const char* publisher = "publisher";
constexpr const char* filters[] = {"$exclusive/x/0", "$exclusive/x/1", "$exclusive/y"};

}  // namespace

Exclusive::Exclusive(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Exclusive::~Exclusive() {
  processes_.clear();
}

// ---------------------------------------------------------------- nodes

void Exclusive::build() {
  crashes_ = random_.percent(30);
  cuts_ = random_.percent(40);
  const std::uint64_t count = random_.percent(80) ? 3 + random_.below(3) : 1 + random_.below(2);
  for (std::uint64_t i = 0; i < count; ++i) {
    node::Config config = next_node(3);
    config.broker.exclusive_subscription = true;
    configs_[config.name] = config;
    start_node(config.name);
  }
  join_all();
  SimClient::Listener listener{
      [](SimClient&, MessageId, std::string_view, mqtt::QoS) {},
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); }, [](MessageId) {}};
  listener.answered = [this](SimClient& c, const std::string& filter, bool good) {
    good ? granted(rival_of(c), filter) : refused(rival_of(c), filter);
  };
  listener.begun = [this](SimClient& c) {
    if (c.id() != publisher) rival_of(c).granted.clear();
  };
  const std::uint64_t rivals = 2 + random_.below(7);
  for (std::uint64_t i = 0; i < rivals; ++i) {
    const auto version = random_.percent(50) ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
    const std::string id = fmt::format("rival{}", i);
    rivals_.push_back({.client = std::make_shared<SimClient>(scheduler, id, version, listener),
                       .persistent = random_.percent(40)});
  }
  publisher_ = std::make_shared<SimClient>(scheduler, publisher, mqtt::Version::v5, listener);
}

Exclusive::Rival& Exclusive::rival_of(const SimClient& client) {
  return *std::find_if(rivals_.begin(), rivals_.end(),
                       [&](const Rival& rival) { return rival.client.get() == &client; });
}

void Exclusive::start_node(const std::string& node) {
  note("start " + node);
  launch(configs_[node], ++starts_);
  disturb();
}

void Exclusive::crash_node(const std::string& node) {
  note("crash " + node);
  kill(node);
  disturb();
}

void Exclusive::cut_or_mend(const std::string& a, const std::string& b) {
  if (a == b) return;
  disturb();
  if (network_.is_cut(a, b)) {
    note("mend " + a + " " + b);
    network_.mend(a, b);
  } else {
    note("cut " + a + " " + b);
    network_.cut(a, b);
  }
}

bool Exclusive::calm() const {
  return scheduler.now_us() >= disturbed_at_ + settled_after && processes_.size() == names_.size() &&
         !network_.any_cut();
}

void Exclusive::misfortune() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(1_s + random_.below(60_s)), [this] { misfortune(); });
  const std::string node = names_[random_.below(names_.size())];
  if (cuts_ && random_.percent(50)) {
    ++outcome_.faults;
    cut_or_mend(node, names_[random_.below(names_.size())]);
  } else if (crashes_) {
    ++outcome_.faults;
    find(node) == nullptr ? start_node(node) : crash_node(node);
  }
}

void Exclusive::calm_down() {
  over_ = true;
  note("calm");
  for (const std::string& a : names_) {
    if (find(a) == nullptr) start_node(a);
    for (const std::string& b : names_) {
      if (a < b && network_.is_cut(a, b)) cut_or_mend(a, b);
    }
  }
}

// ---------------------------------------------------------------- clients

void Exclusive::act() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(1'000 + random_.below(120'000)), [this] { act(); });
  Rival& rival = rivals_[random_.below(rivals_.size())];
  const std::uint64_t dice = random_.below(100);
  if (!rival.client->ready()) {
    if (dice < 30) connect(rival);
    return;
  }
  const std::string filter = filters[random_.below(std::size(filters))];
  if (dice < 40) return ask(rival, filter);
  if (dice < 75) return give_up(rival, filter);
  if (dice < 80) return connect(rival);
  if (dice > 90) return;
  note(rival.client->id() + " goes");
  leave(rival);
  dice < 85 ? rival.client->disconnect() : rival.client->vanish();
}

/// Its connection ends; what it had goes with its session.
void Exclusive::leave(Rival& rival) {
  for (const std::string filter : filters) {
    if (rival.asked.contains(filter) || rival.granted.contains(filter))
      rival.touched[filter] = scheduler.now_us();
  }
  if (rival.persistent) return;
  rival.asked.clear();
  rival.granted.clear();
}

void Exclusive::connect(Rival& rival) {
  const auto process = find(names_[random_.below(names_.size())]);
  if (process == nullptr) return;
  note(fmt::format("{} connects to {}", rival.client->id(), process->name()));
  leave(rival);
  rival.client->connect(process, !rival.persistent, rival.persistent ? session_expiry_s : 0);
}

void Exclusive::ask(Rival& rival, const std::string& filter) {
  note(fmt::format("{}@{} asks for {}", rival.client->id(), rival.client->node(), filter));
  rival.touched[filter] = scheduler.now_us();
  rival.asked.insert(filter);
  rival.client->subscribe(filter, static_cast<mqtt::QoS>(random_.below(3)));
}

void Exclusive::give_up(Rival& rival, const std::string& filter) {
  note(fmt::format("{}@{} gives up {}", rival.client->id(), rival.client->node(), filter));
  rival.touched[filter] = scheduler.now_us();
  rival.asked.erase(filter);
  rival.granted.erase(filter);
  rival.client->unsubscribe(filter);
}

// ---------------------------------------------------------------- checks

std::map<std::string, std::string> Exclusive::owners(const std::string& filter) {
  std::map<std::string, std::string> result;
  for (const std::string& node : names_) {
    const auto process = find(node);
    for (std::size_t i = 0; process != nullptr && i < process->workers(); ++i) {
      for (const auto& subscription : process->worker(i).broker().subscriptions()) {
        if (subscription.filter == filter) result[subscription.client_id] += "@" + node;
      }
    }
  }
  return result;
}

void Exclusive::granted(Rival& rival, const std::string& filter) {
  note(fmt::format("{}@{} has {}", rival.client->id(), rival.client->node(), filter));
  rival.asked.erase(filter);
  rival.granted[filter] = scheduler.now_us();
  if (!calm()) return;
  ++outcome_.promises;
  for (const auto& [client, nodes] : owners(filter)) {
    if (client != rival.client->id())
      violated(fmt::format("{} and {}{} both have {}", rival.client->id(), client, nodes, filter));
  }
}

void Exclusive::refused(Rival& rival, const std::string& filter) {
  note(fmt::format("{}@{} is refused {}", rival.client->id(), rival.client->node(), filter));
  rival.asked.erase(filter);
  rival.granted.erase(filter);
  if (!calm()) return;
  ++outcome_.promises;
  const auto having = owners(filter);
  const bool had = std::any_of(rivals_.begin(), rivals_.end(), [&](const Rival& other) {
    if (&other == &rival) return false;
    const auto touched = other.touched.find(filter);
    return having.contains(other.client->id()) || other.asked.contains(filter) ||
           (touched != other.touched.end() && touched->second + known >= scheduler.now_us());
  });
  if (!had) violated(fmt::format("{} is refused {}, which nobody has", rival.client->id(), filter));
}

void Exclusive::watch() {
  scheduler.after(200_ms, [this] { watch(); });
  if (calm()) check_owners();
}

void Exclusive::check_owners() {
  for (const std::string filter : filters) {
    const auto having = owners(filter);
    ++outcome_.promises;
    if (having.size() < 2) continue;
    std::string names;
    for (const auto& [client, nodes] : having) names.append(" ").append(client).append(nodes);
    violated(fmt::format("{} is had by{}", filter, names));
  }
}

void Exclusive::publish() {
  scheduler.after(static_cast<Micros>(100_ms + random_.below(900'000)), [this] { publish(); });
  if (!publisher_->ready()) {
    const auto process = find(names_[random_.below(names_.size())]);
    if (process != nullptr) publisher_->connect(process, true, 0);
    return;
  }
  const std::string filter = filters[random_.below(std::size(filters))];
  const std::string topic = filter.substr(filter.find('/') + 1);
  const MessageId message = ++last_message_;
  ++outcome_.published;
  publisher_->publish(message, topic, mqtt::QoS::at_least_once);
  for (Rival& rival : rivals_) {
    if (calm() && rival.granted.contains(filter))
      scheduler.after(delivered, [this, filter, message, &rival, now = scheduler.now_us()] {
        check_message(filter, message, rival, now);
      });
  }
}

/// Its subscription is of any QoS, and its connection was there all the time.
void Exclusive::check_message(const std::string& filter, MessageId message, Rival& owner, Micros published) {
  const auto granted = owner.granted.find(filter);
  const auto touched = owner.touched.find(filter);
  if (!calm() || granted == owner.granted.end() || granted->second > published ||
      (touched != owner.touched.end() && touched->second > granted->second) || !owner.client->ready())
    return;
  ++outcome_.promises;
  if (owner.client->got(message)) {
    ++outcome_.delivered;
  } else {
    violated(fmt::format("{}@{} has {} and misses message {}", owner.client->id(), owner.client->node(),
                         filter, message));
  }
}

void Exclusive::check_next_one() {
  for (Rival& rival : rivals_) {
    rival.client->connect(find(names_[random_.below(names_.size())]), true, 0);
    rival.asked.clear();
    rival.granted.clear();
    rival.touched.clear();
  }
  scheduler.run_until(scheduler.now_us() + known);
  for (const std::string filter : filters) {
    for (Rival& rival : rivals_) {
      ask(rival, filter);
      scheduler.run_until(scheduler.now_us() + 2_s);
      ++outcome_.promises;
      if (!rival.granted.contains(filter))
        violated(fmt::format("{}@{} does not get {}, which is free", rival.client->id(), rival.client->node(),
                             filter));
      give_up(rival, filter);
      scheduler.run_until(scheduler.now_us() + 1_s);
      rival.touched.clear();
    }
  }
}

Outcome Exclusive::run() {
  build();
  scheduler.run_until(warm_up);
  disturbed_at_ = -settled_after;
  act();
  watch();
  publish();
  scheduler.run_until(warm_up + 10_s);
  misfortune();
  scheduler.run_until(warm_up + storm);
  calm_down();
  scheduler.run_until(scheduler.now_us() + settled_after);
  check_owners();
  check_next_one();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
