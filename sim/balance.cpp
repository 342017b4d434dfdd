#include "sim/balance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace meshmq::sim {

namespace {

constexpr Micros gathered = 20_s;
constexpr Micros settled = 40_s;
/// The slowest rate sends 90 clients away in 90 seconds; a node gives up a minute after it sent the last.
constexpr Micros over_after = 180_s;
constexpr std::uint32_t session_expiry_s = 3600;
/// A client that hears nothing tries another node.
constexpr Micros patience = 6_s;

}  // namespace

Balance::Balance(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Balance::~Balance() {
  processes_.clear();
}

void Balance::build() {
  faults_ = random_.percent(35);
  looks_ = random_.percent(50);
  const std::uint64_t count = 2 + random_.below(5);
  const std::size_t tolerance = random_.below(30);
  for (std::uint64_t i = 0; i < count; ++i) {
    node::Config config = next_node(3);
    config.rebalance_tolerance = tolerance;
    configs_[config.name] = config;
    start_node(config.name);
  }
  join_all();
  const auto make = [this](const std::string& id, mqtt::Version version) {
    SimClient::Listener listener{
        [this](SimClient&, MessageId, std::string_view, mqtt::QoS) { ++outcome_.delivered; },
        [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); },
        [this](MessageId m) { acknowledged(m); }, [](SimClient&) {},
        [this](SimClient& c, Micros) {
          if (!faults_) violated(c.id() + "@" + c.node() + " lost its session");
        }};
    return std::make_shared<SimClient>(scheduler, id, version, listener);
  };
  const std::uint64_t guests = 10 + random_.below(80);
  for (std::uint64_t i = 0; i < guests; ++i) {
    const auto version = random_.percent(50) ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
    guests_.push_back({.client = make(fmt::format("guest{}", i), version), .topic = fmt::format("to/{}", i)});
  }
  publisher_ = make("publisher", mqtt::Version::v5);
}

// ---------------------------------------------------------------- clients

std::map<std::string, std::size_t> Balance::loads() const {
  std::map<std::string, std::size_t> result;
  for (const auto& [name, process] : processes_) result[name] = 0;
  const auto count = [&](const SimClient& client) {
    const auto load = result.find(client.node());
    if (!client.idle() && load != result.end()) ++load->second;
  };
  for (const Guest& guest : guests_) count(*guest.client);
  count(*publisher_);
  return result;
}

std::string Balance::destination() {
  const auto all = loads();
  if (all.empty()) return {};
  auto it = all.begin();
  if (looks_) {
    it = std::min_element(all.begin(), all.end(), [&](const auto& a, const auto& b) {
      return std::pair(a.first == evacuated_, a.second) < std::pair(b.first == evacuated_, b.second);
    });
  } else {
    std::advance(it, static_cast<long>(random_.below(all.size())));
  }
  return it->first;
}

void Balance::tend(std::size_t number) {
  scheduler.after(static_cast<Micros>(100'000 + random_.below(400'000)), [this, number] { tend(number); });
  Guest& guest = guests_[number];
  SimClient& client = *guest.client;
  if (client.ready()) {
    if (!guest.asked) client.subscribe(guest.topic, mqtt::QoS::at_least_once);
    guest.asked = true;
    return;
  }
  const Micros now = scheduler.now_us();
  if (!client.idle() && guest.tried + patience > now) return;
  guest.tried = now;
  if (const auto process = find(destination())) client.connect(process, false, session_expiry_s);
}

void Balance::publish() {
  if (over_) return;
  scheduler.after(static_cast<Micros>(5'000 + random_.below(60'000)), [this] { publish(); });
  if (!publisher_->ready()) {
    const auto process = find(destination());
    if (publisher_->idle() && process != nullptr) publisher_->connect(process, true, 0);
    return;
  }
  const std::size_t number = random_.below(guests_.size());
  if (guests_[number].client->confirmed().contains(guests_[number].topic))
    addressees_[last_message_ + 1] = number;
  ++outcome_.published;
  publisher_->publish(++last_message_, guests_[number].topic, mqtt::QoS::at_least_once);
}

void Balance::acknowledged(MessageId message) {
  const auto addressee = addressees_.find(message);
  if (addressee != addressees_.end()) guests_[addressee->second].promised.insert(message);
}

// ---------------------------------------------------------------- operators

void Balance::rebalance(const std::string& node) {
  const auto process = find(node);
  if (process == nullptr) return;
  const std::size_t rate = 1 + random_.below(40);
  process->with_control([&](node::Control& control, Now now) {
    const auto done = control.evacuation().rebalance(rate, now);
    note(fmt::format("{} rebalances, {} clients per second: {}", node, rate,
                     done ? "ok" : done.error().message));
  });
}

void Balance::note_beginning() {
  at_start_ = loads();
  double sum = 0;
  for (const auto& [node, load] : at_start_) sum += static_cast<double>(load);
  const double mean = sum / static_cast<double>(at_start_.size());
  for (const auto& [node, load] : at_start_) {
    const double surplus = static_cast<double>(load) - std::ceil(mean);
    surplus_[node] = surplus > 0 ? static_cast<std::size_t>(surplus) : 0;
    note(fmt::format("{} has {} clients", node, load));
  }
}

void Balance::operate() {
  const std::string node = names_[random_.below(names_.size())];
  if (random_.percent(20)) {
    evacuated_ = names_[random_.below(names_.size())];
    note("evacuate " + evacuated_);
    find(evacuated_)->with_control([&](node::Control& control, Now now) {
      if (!control.evacuation().evacuate(20, now)) violated(evacuated_ + " cannot be evacuated");
    });
  }
  rebalance(node);
  if (random_.percent(25)) rebalance(names_[random_.below(names_.size())]);
  if (random_.percent(15)) {
    stopped_ = true;
    scheduler.after(static_cast<Micros>(random_.below(10_s)), [this] {
      note("an operator ends it");
      if (const auto process = find(names_[random_.below(names_.size())])) {
        process->with_control([](node::Control& control, Now) {
          (void)control.evacuation().stop(node::Shedding::rebalancing);
        });
      }
    });
  }
}

void Balance::misfortune() {
  if (over_ || !faults_) return;
  scheduler.after(static_cast<Micros>(1_s + random_.below(20_s)), [this] { misfortune(); });
  ++outcome_.faults;
  const std::string& a = names_[random_.below(names_.size())];
  const std::string& b = names_[random_.below(names_.size())];
  if (random_.percent(50) || a == b) {
    note((find(a) == nullptr ? "start " : "crash ") + a);
    find(a) == nullptr ? start_node(a) : kill(a);
  } else if (network_.is_cut(a, b)) {
    note("mend " + a + " " + b);
    network_.mend(a, b);
  } else {
    note("cut " + a + " " + b);
    network_.cut(a, b);
  }
}

void Balance::calm_down() {
  over_ = true;
  note("calm");
  for (const std::string& a : names_) {
    if (find(a) == nullptr) start_node(a);
    for (const std::string& b : names_) {
      if (a < b && network_.is_cut(a, b)) network_.mend(a, b);
    }
  }
}

// ---------------------------------------------------------------- checks

void Balance::check_shedding() {
  for (const auto& [node, process] : processes_) {
    const auto status = process->control().evacuation().status();
    ++outcome_.promises;
    if (status.what == node::Shedding::rebalancing) violated(node + " does not end rebalancing");
    if (node == evacuated_ || status.begun_at == 0) continue;
    if (status.sent_away > status.connections_at_start)
      violated(fmt::format("{} sent {} clients away, and had {}", node, status.sent_away,
                           status.connections_at_start));
    if (undisturbed() && status.sent_away > surplus_[node])
      violated(fmt::format("{} sent {} clients away, and had {} too many", node, status.sent_away,
                           surplus_[node]));
  }
  if (!undisturbed() || !looks_) return;
  const auto now = loads();
  double sum = 0;
  for (const auto& [node, load] : now) sum += static_cast<double>(load);
  const double mean = sum / static_cast<double>(now.size());
  for (const auto& [node, load] : now) {
    const double limit = mean * (1 + static_cast<double>(configs_[node].rebalance_tolerance) / 100) + 1;
    if (static_cast<double>(load) > limit)
      violated(fmt::format("{} has {} clients in the end, and {:.1f} are the mean", node, load, mean));
  }
}

void Balance::check_end() {
  for (const Guest& guest : guests_) {
    ++outcome_.promises;
    if (!guest.client->ready()) violated(guest.client->id() + " is not connected in the end");
    if (faults_) continue;
    for (const MessageId message : guest.promised) {
      ++outcome_.promises;
      if (!guest.client->got(message))
        violated(fmt::format("{} never got message {}", guest.client->id(), message));
    }
  }
}

Outcome Balance::run() {
  build();
  scheduler.run_until(gathered);
  const bool half = random_.percent(40);
  const bool looks = std::exchange(looks_, false);
  for (std::size_t i = 0; i < guests_.size(); ++i) {
    const std::string& home = names_[half ? random_.below((names_.size() + 1) / 2) : 0];
    guests_[i].tried = scheduler.now_us();
    guests_[i].client->connect(find(home), false, session_expiry_s);
    tend(i);
  }
  publisher_->connect(find(names_[0]), true, 0);
  publish();
  scheduler.run_until(settled);
  looks_ = looks;
  note_beginning();
  operate();
  misfortune();
  scheduler.run_until(scheduler.now_us() + over_after);
  calm_down();
  scheduler.run_until(scheduler.now_us() + over_after);
  check_shedding();
  if (!evacuated_.empty()) {
    find(evacuated_)->with_control([](node::Control& control, Now) {
      (void)control.evacuation().stop(node::Shedding::evacuation);
    });
  }
  scheduler.run_until(scheduler.now_us() + 20_s);
  check_end();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
