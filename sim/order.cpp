#include "sim/order.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace meshmq::sim {

namespace {

constexpr Micros warm_up = 20_s;
constexpr Micros journey = 10_s;
/// Everything has come by then.
constexpr Micros arrived = 10_s;
constexpr const char* topic = "order/t";
constexpr MessageId window = 20;
constexpr std::uint32_t session_expiry_s = 3600;

}  // namespace

Order::Order(std::uint64_t seed, bool verbose) : Scenario(seed, verbose) {}

Order::~Order() {
  processes_.clear();
}

void Order::build() {
  const std::uint64_t count = 2 + random_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    node::Config config = next_node(3);
    config.broker.queue_messages_max = 100'000;
    launch(config, 1);
  }
  join_all();
  const SimClient::Listener listener{
      [this](SimClient& c, MessageId m, std::string_view, mqtt::QoS) { received(c, m); },
      [this](SimClient& c, const std::string& what) { violated(c.id() + ": " + what); },
      [this](MessageId) { ++acknowledged_; }};
  const std::uint64_t travellers = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < travellers; ++i) {
    const auto version = random_.percent(50) ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
    travellers_.push_back({std::make_shared<SimClient>(scheduler, fmt::format("t{}", i), version, listener),
                           1 + random_.below(random_.percent(70) ? 30'000 : 800'000)});
  }
  publisher_ = std::make_shared<SimClient>(scheduler, "publisher", mqtt::Version::v5, listener);
  pace_us_ = 1 + random_.below(3'000);
  qos_ = random_.percent(70) ? mqtt::QoS::at_least_once : mqtt::QoS::exactly_once;
}

void Order::received(const SimClient& client, MessageId message) {
  Traveller& traveller = *std::find_if(travellers_.begin(), travellers_.end(),
                                       [&](const Traveller& t) { return t.client.get() == &client; });
  // Again: its acknowledgement was lost.
  if (!traveller.got.insert(message).second) return;
  ++outcome_.delivered;
  ++outcome_.promises;
  note(fmt::format("{}@{} gets {}", client.id(), client.node(), message));
  if (message < traveller.last)
    violated(fmt::format("{}@{} gets {} behind {}", client.id(), client.node(), message, traveller.last));
  traveller.last = std::max(traveller.last, message);
}

void Order::publish() {
  if (over_) return;
  if (last_message_ - acknowledged_ < window) {
    ++outcome_.published;
    publisher_->publish(++last_message_, topic, qos_);
  }
  scheduler.after(static_cast<Micros>(random_.below(pace_us_)), [this] { publish(); });
}

void Order::travel(Traveller& traveller) {
  if (over_) return;
  scheduler.after(static_cast<Micros>(1 + random_.below(traveller.hurry_us)),
                  [this, &traveller] { travel(traveller); });
  // Who goes before CONNACK has come is a matter for --race.
  if (!traveller.client->ready() && !traveller.client->idle()) return;
  const std::string& node = names_[random_.below(names_.size())];
  note(fmt::format("{} goes from {} to {}", traveller.client->id(), traveller.client->node(), node));
  if (traveller.client->ready() && random_.percent(50)) traveller.client->disconnect();
  traveller.client->connect(find(node), false, session_expiry_s);
}

void Order::check_all_have_come() {
  for (const Traveller& traveller : travellers_) {
    outcome_.promises += last_message_;
    for (MessageId m = 1; m <= last_message_; ++m) {
      if (!traveller.got.contains(m)) violated(fmt::format("{} misses {}", traveller.client->id(), m));
    }
  }
}

Outcome Order::run() {
  build();
  scheduler.run_until(warm_up);
  publisher_->connect(find(names_[random_.below(names_.size())]), true, 0);
  for (Traveller& traveller : travellers_) {
    traveller.client->connect(find(names_[random_.below(names_.size())]), false, session_expiry_s);
  }
  scheduler.run_until(scheduler.now_us() + 1_s);
  for (Traveller& traveller : travellers_) traveller.client->subscribe(topic, mqtt::QoS::exactly_once);
  scheduler.run_until(scheduler.now_us() + 1_s);
  publish();
  for (Traveller& traveller : travellers_) travel(traveller);
  scheduler.run_until(scheduler.now_us() + journey);
  over_ = true;
  for (Traveller& traveller : travellers_) {
    if (traveller.client->idle())
      traveller.client->connect(find(names_[random_.below(names_.size())]), false, session_expiry_s);
  }
  scheduler.run_until(scheduler.now_us() + arrived);
  check_all_have_come();
  outcome_.events = scheduler.executed();
  return outcome_;
}

}  // namespace meshmq::sim
