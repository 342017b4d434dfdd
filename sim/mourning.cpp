#include "sim/mourning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace meshmq::sim {

namespace {

constexpr Micros warm_up = 20_s;
/// What happened is known everywhere by then.
constexpr Micros known = 1_s;
/// What a client has sent is there by then.
constexpr Micros overtaken = 100_ms;
/// A dead node is noticed, or started again and met, and its wills have come by then.
constexpr Micros mourned = 25_s;
constexpr std::uint32_t delays_s[] = {0, 0, 0, 5, 30};

}  // namespace

Mourning::Mourning(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Mourning::~Mourning() {
  processes_.clear();
}

// ---------------------------------------------------------------- nodes

void Mourning::build() {
  crashes_ = random_.percent(85);
  stops_ = random_.percent(30);
  cuts_ = random_.percent(30);
  pauses_ = random_.percent(20);
  silence_ = random_.percent(50) ? 15_s : 600_s;
  cleaning_ = random_.percent(20);
  const std::uint64_t count = 3 + random_.below(4);
  for (std::uint64_t i = 1; i <= count; ++i) names_.push_back(fmt::format("n{}@sim", i));
  spared_ = names_[random_.below(count)];
  for (const std::string& name : names_) {
    node::Config config;
    config.name = name;
    config.workers = static_cast<std::uint16_t>(1 + random_.below(2));
    config.broker.worker_count = config.workers;
    config.autoclean = cleaning_ ? std::chrono::seconds(20) : std::chrono::seconds(0);
    config.dead_node_wills = Duration(silence_ / 1000);
    configs_[name] = config;
    start_node(name);
  }
  join_all();
  SimClient::Listener listener{
      [this](SimClient&, MessageId life, std::string_view, mqtt::QoS) { received(life); },
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); }, [](MessageId) {}};
  mourner_ = std::make_shared<SimClient>(scheduler, "mourner", mqtt::Version::v5, listener);
}

void Mourning::start_node(const std::string& node) {
  note("start " + node);
  const auto incarnation = static_cast<std::uint64_t>(scheduler.now_us()) << 8 | ++starts_;
  launch(configs_[node], incarnation);
}

void Mourning::crash_node(const std::string& node) {
  if (find(node) == nullptr) return;
  note("crash " + node);
  const Micros now = scheduler.now_us();
  deaths_.push_back(now);
  if (network_.is_cut(node, spared_) || was_apart(node, now, now)) last_death_apart_ = now;
  for (Mortal& mortal : mortals_) {
    Life& life = lives_[mortal.life];
    if (life.node != node) continue;
    if (life.end == End::none) {
      end_life(mortal, stopping_.contains(node) ? End::stopped : End::crashed);
    } else if (life.end == End::goodbye || life.end == End::vanished || life.end == End::stopped) {
      // The others may not have heard of it.
      life.in_doubt = life.in_doubt || life.ended + known > now || life.end == End::stopped;
    }
  }
  kill(node);
  stopping_.erase(node);
}

void Mourning::stop_node(const std::string& node) {
  note("stop " + node);
  stopping_.insert(node);
  deaths_.push_back(scheduler.now_us());
  for (Mortal& mortal : mortals_) {
    const Life& life = lives_[mortal.life];
    if (life.node == node && life.end == End::none) end_life(mortal, End::stopped);
  }
  find(node)->stop([this, node] {
    note("stopped " + node);
    stopping_.erase(node);
    processes_.erase(node);
    network_.crashed(node);
  });
}

void Mourning::cut_or_mend(const std::string& a, const std::string& b) {
  if (a == b) return;
  const Micros now = scheduler.now_us();
  const auto pair = a < b ? std::pair(a, b) : std::pair(b, a);
  if (network_.is_cut(a, b)) {
    note("mend " + a + " " + b);
    network_.mend(a, b);
    apart_.emplace(a, std::pair(cut_at_[pair], now));
    apart_.emplace(b, std::pair(cut_at_[pair], now));
    return;
  }
  cut_at_[pair] = now;
  if (random_.percent(30)) {
    note("cut one way " + a + " " + b);
    network_.cut_one_way(a, b);
  } else {
    note("cut " + a + " " + b);
    network_.cut(a, b);
  }
}

std::string Mourning::random_victim() {
  std::string node = spared_;
  while (node == spared_) node = names_[random_.below(names_.size())];
  return node;
}

void Mourning::misfortune() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(500'000 + random_.below(12_s)), [this] { misfortune(); });
  const std::uint64_t dice = random_.below(10);
  const std::string node = random_victim();
  ++outcome_.faults;
  if (dice < 5 && crashes_) {
    if (find(node) == nullptr) return start_node(node);
    crash_node(node);
    if (!random_.percent(40)) return;
    // At once: the others have not tried to dial yet.
    scheduler.after(static_cast<Micros>(random_.below(1_s)), [this, node] {
      if (find(node) == nullptr) start_node(node);
    });
  } else if (dice < 7 && stops_) {
    if (find(node) == nullptr) return start_node(node);
    if (!stopping_.contains(node)) stop_node(node);
  } else if (dice < 9 && cuts_) {
    cut_or_mend(node, names_[random_.below(names_.size())]);
  } else if (dice == 9 && pauses_ && find(node) != nullptr && !find(node)->paused()) {
    const auto time = static_cast<Micros>(500'000 + random_.below(30_s));
    note(fmt::format("pause {} for {} ms", node, time / 1000));
    apart_.emplace(node, std::pair(scheduler.now_us(), scheduler.now_us() + time));
    find(node)->pause(time);
  }
}

void Mourning::calm_down() {
  over_ = true;
  note("calm");
  for (const std::string& a : names_) {
    for (const std::string& b : names_) {
      if (a < b && network_.is_cut(a, b)) cut_or_mend(a, b);
    }
  }
  scheduler.after(35_s, [this] {
    for (const std::string& node : names_) {
      if (find(node) == nullptr) start_node(node);
    }
  });
}

// ---------------------------------------------------------------- clients

void Mourning::be_born() {
  SimClient::Listener listener{
      [](SimClient&, MessageId, std::string_view, mqtt::QoS) {},
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); }, [](MessageId) {}};
  const std::string id = fmt::format("mortal{}", ++last_client_);
  mortals_.push_back({std::make_shared<SimClient>(scheduler, id, mqtt::Version::v5, listener)});
}

void Mourning::connect(Mortal& mortal, const std::shared_ptr<Process>& process) {
  if (mortal.life != 0) {
    Life& before = lives_[mortal.life];
    if (before.end == End::none) end_life(mortal, End::moved);
    // The new connection may overtake the last words of the old one.
    before.in_doubt = before.in_doubt || before.ended + overtaken > scheduler.now_us();
  }
  mortal.life = ++last_life_;
  const std::uint32_t delay_s = delays_s[random_.below(5)];
  const std::uint32_t expiry_s = random_.percent(50) ? 600 : 0;
  Life& life = lives_[mortal.life];
  life.client = mortal.client->id();
  life.node = process->name();
  life.delay = static_cast<Micros>(std::min(delay_s, expiry_s)) * 1_s;
  note(fmt::format("{} connects to {}, will {} after {} ms", life.client, life.node, mortal.life,
                   life.delay / 1000));
  mortal.client->set_will({mortal.life, "w", delay_s});
  mortal.client->connect(process, random_.percent(30), expiry_s);
}

void Mourning::end_life(Mortal& mortal, End end) {
  Life& life = lives_[mortal.life];
  life.end = end;
  life.ended = scheduler.now_us();
  life.comes_back = random_.percent(40) || end == End::moved;
}

void Mourning::act() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(1'000 + random_.below(300'000)), [this] { act(); });
  if (mortals_.size() < 6 || random_.percent(10)) be_born();
  Mortal& mortal = mortals_[random_.below(mortals_.size())];
  Life& life = lives_[mortal.life];
  const auto process = find(names_[random_.below(names_.size())]);
  const bool open = process != nullptr && !stopping_.contains(process->name()) && !process->paused();
  if (mortal.life == 0 || (life.end != End::none && life.comes_back)) {
    if (open) connect(mortal, process);
    return;
  }
  if (life.end != End::none) return;
  if (!mortal.client->ready()) {
    // Its node has ended the connection: it has a newer one somewhere, or so it thinks.
    if (life.connected >= 0) {
      end_life(mortal, End::vanished);
      life.in_doubt = true;
    }
    return;
  }
  if (life.connected < 0) life.connected = scheduler.now_us();
  const std::uint64_t dice = random_.below(100);
  if (dice < 8) {
    note(life.client + " says goodbye");
    end_life(mortal, End::goodbye);
    mortal.client->disconnect();
  } else if (dice < 16) {
    note(life.client + " vanishes");
    end_life(mortal, End::vanished);
    mortal.client->vanish();
  } else if (dice < 20 && open) {
    connect(mortal, process);
  }
}

void Mourning::received(MessageId id) {
  ++outcome_.delivered;
  note(fmt::format("will {} comes", id));
  lives_[id].wills.push_back(scheduler.now_us());
}

// ---------------------------------------------------------------- checks

bool Mourning::was_apart(const std::string& node, Micros from, Micros to) const {
  // Noticing that it is over takes its time.
  const auto [begin, end] = apart_.equal_range(node);
  return std::any_of(begin, end, [&](const auto& item) {
    return item.second.second + 20_s >= from && item.second.first <= to;
  });
}

std::size_t Mourning::deaths(Micros from, Micros to) const {
  return static_cast<std::size_t>(
      std::count_if(deaths_.begin(), deaths_.end(), [&](Micros at) { return at >= from && at <= to; }));
}

void Mourning::check(std::uint64_t id, const Life& life) {
  const Micros now = scheduler.now_us();
  const std::size_t count = life.wills.size();
  const std::string name = fmt::format("will {} of {}@{}", id, life.client, life.node);
  const bool any_apart = !apart_.empty();
  if (life.end == End::none && life.connected < 0) return;
  ++outcome_.promises;
  if (life.end == End::none || life.end == End::goodbye) {
    // A node that is silent is dead for the others.
    const bool presumed = any_apart && (cleaning_ || silence_ < 100_s);
    // Who was cut off from a node does not know how its clients went.
    const bool unheard = life.end == End::goodbye && was_apart(life.node, life.connected, now);
    if (count > 0 && !life.in_doubt && !presumed && !unheard)
      violated(name + (life.end == End::none ? ", which lives, came" : ", which had said goodbye, came"));
    return;
  }
  const Micros due = life.ended + life.delay;
  const bool second_death = deaths(life.ended, due + mourned) > 1 || life.in_doubt;
  // The spared node's part of a split has its own, and gets the other's when they meet.
  if (count > 1 && !any_apart && !second_death) violated(fmt::format("{} came {} times", name, count));
  // CONNACK waits for the others to know the will.
  const bool was_known = life.connected >= 0 && !was_apart(life.node, life.connected, due + mourned);
  // What a node keeps for one that is cut off from it goes when it is stopped, and with it what moved there;
  // or when it dies, and with it the wills of others that it has published.
  const bool excused = life.in_doubt || (any_apart && stops_) || last_death_apart_ >= life.ended;
  if (life.comes_back || excused || !was_known || due + mourned > now) return;
  if (count == 0) return violated(name + " never came");
  const bool reachable = !any_apart && life.end != End::stopped;
  if (reachable && life.wills[0] > due + mourned)
    violated(fmt::format("{} came {} ms late", name, (life.wills[0] - due) / 1000));
}

Outcome Mourning::run() {
  build();
  scheduler.run_until(warm_up);
  mourner_->connect(find(spared_), true, 0);
  scheduler.run_until(warm_up + 1_s);
  mourner_->subscribe("w", mqtt::QoS::at_least_once);
  scheduler.run_until(warm_up + 2_s);
  act();
  misfortune();
  scheduler.run_until(warm_up + 120_s);
  calm_down();
  scheduler.run_until(scheduler.now_us() + 35_s + 30_s + mourned * 2);
  for (const auto& [id, life] : lives_) {
    if (id != 0) check(id, life);
  }
  outcome_.published = last_life_;
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
