#include "sim/race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace meshmq::sim {

namespace {

constexpr const char* racer = "racer";
constexpr const char* topic = "race/t";
constexpr std::uint32_t session_expiry_s = 3600;
/// Whoever loses a race knows it by then.
constexpr Micros settle_time = 4_s;

}  // namespace

Race::Race(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Race::~Race() {
  processes_.clear();
}

void Race::build() {
  const std::uint64_t count = 2 + random_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    node::Config config = next_node(2);
    config.broker.queue_messages_max = 100'000;
    launch(config, 1);
  }
  join_all();
  const auto client = [this](const std::string& id) {
    SimClient::Listener listener{
        [this](SimClient& c, MessageId m, std::string_view, mqtt::QoS) {
          note(fmt::format("{} gets {}", c.node(), m));
          received_.insert(m);
          ++outcome_.delivered;
        },
        [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); },
        [this](MessageId m) { acknowledged_.insert(m); }};
    return std::make_shared<SimClient>(scheduler, id, mqtt::Version::v5, listener);
  };
  const std::uint64_t rivals = 2 + random_.below(8);
  for (std::uint64_t i = 0; i < rivals; ++i) rivals_.push_back(client(racer));
  publisher_ = client("publisher");
}

void Race::publish() {
  if (!racing_) return;
  if (publisher_->ready()) {
    ++outcome_.published;
    publisher_->publish(++last_message_, topic, mqtt::QoS::at_least_once);
    note(fmt::format("PUBLISH {} at {}", last_message_, publisher_->node()));
  }
  scheduler.after(static_cast<Micros>(1 + random_.below(60'000)), [this] { publish(); });
}

void Race::round() {
  const Micros window = random_.percent(50) ? 5_ms : 300_ms;
  for (const auto& rival : rivals_) {
    if (random_.percent(20)) continue;
    scheduler.after(static_cast<Micros>(random_.below(static_cast<std::uint64_t>(window))), [this, rival] {
      const auto process = random_process();
      note("CONNECT at " + process->name());
      rival->connect(process, false, session_expiry_s);
    });
  }
}

void Race::check_round() {
  std::string where;
  std::size_t sessions = 0;
  for (const std::string& node : names_) {
    for (std::size_t i = 0; i < find(node)->workers(); ++i) {
      broker::Broker& worker = find(node)->worker(i).broker();
      for (const auto& info : worker.clients()) {
        if (info.client_id != racer) continue;
        ++sessions;
        where += fmt::format(" {} ({}, {} subscriptions)", node, info.connected ? "connected" : "offline",
                             info.subscriptions);
        if (info.subscriptions != 1) violated("the session has lost its subscription:" + where);
      }
    }
  }
  if (sessions != 1) violated(fmt::format("{} sessions of one client id:{}", sessions, where));
  const auto ready = std::count_if(rivals_.begin(), rivals_.end(), [](const auto& r) { return r->ready(); });
  if (ready != 1) violated(fmt::format("{} connections of one client id", ready));
  ++outcome_.promises;
}

void Race::check_messages() {
  for (const MessageId message : acknowledged_) {
    ++outcome_.promises;
    if (!received_.contains(message)) return violated(fmt::format("message {} is lost", message));
  }
}

Outcome Race::run() {
  build();
  scheduler.run_until(20_s);
  publisher_->connect(random_process(), true, 0);
  rivals_[0]->connect(random_process(), false, session_expiry_s);
  scheduler.run_until(21_s);
  rivals_[0]->subscribe(topic, mqtt::QoS::at_least_once);
  scheduler.run_until(22_s);
  racing_ = true;
  publish();
  for (int i = 0; i < 8; ++i) {
    round();
    ++outcome_.faults;
    scheduler.run_until(scheduler.now_us() + settle_time + static_cast<Micros>(random_.below(8_s)));
    check_round();
  }
  racing_ = false;
  scheduler.run_until(scheduler.now_us() + 10_s);
  check_messages();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
