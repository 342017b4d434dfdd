#include "conformance/live.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "conformance/socket_connection.hpp"
#include "mqtt/encoder.hpp"

namespace meshmq::conformance {

namespace {

constexpr auto longest_wait = std::chrono::seconds(2);

}  // namespace

Address Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Address address{.host = std::string(text.substr(0, colon))};
  if (colon != text.npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), address.port);
  }
  if (address.port == 0) throw ScriptError(fmt::format("'{}' is not HOST:PORT", text));
  return address;
}

Live::~Live() {
  connections_.clear();
  for (const std::string& key : traces_.settings) (void)ctl(fmt::format("conf unset {} --cluster", key));
  traces_.client_ids.erase("");
  for (const std::string& client_id : std::set(traces_.client_ids)) {
    try {
      forget(client_id);
    } catch (const ScriptError& error) {
      std::cerr << "'" << client_id << "' is still there: " << error.what() << "\n";
    }
  }
  if (traces_.retained) (void)ctl("retainer clean");
}

void Live::forget(const std::string& client_id) {
  std::string bytes;
  mqtt::encode_packet(mqtt::Connect{.version = mqtt::Version::v5, .client_id = client_id}, mqtt::Version::v5,
                      bytes);
  SocketConnection connection(nodes_.addresses[next_++ % nodes_.addresses.size()], mqtt::Version::v5,
                              traces_);
  connection.send(bytes);
  (void)connection.receive(Look::hope);
}

void Live::prepare(const Case& one) {
  for (const Step& step : one.steps) {
    if (step.text.starts_with("node ")) throw NotHere("it answers for the node");
    if (step.text.starts_with("wait ") && to_duration(step.text.substr(5)) > longest_wait) {
      throw NotHere("it takes long: " + step.text);
    }
  }
}

void Live::configure(std::string_view key, std::string_view value) {
  const bool done = ctl(fmt::format("conf set {}={} --cluster", key, value)) == 0;
  if (!done) throw NotHere(fmt::format("{} does not change while a node runs", key));
  traces_.settings.emplace_back(key);
}

Connection& Live::open(mqtt::Version version) {
  const Address& address = nodes_.addresses[next_++ % nodes_.addresses.size()];
  connections_.push_back(std::make_unique<SocketConnection>(address, version, traces_));
  return *connections_.back();
}

void Live::wait(Duration duration) {
  std::this_thread::sleep_for(duration);
}

void Live::admit(Fields) {
  throw NotHere("it answers for the node");
}

int Live::ctl(const std::string& words) const {
  return std::system(fmt::format("{} {} >/dev/null 2>&1", nodes_.ctl, words).c_str());
}

}  // namespace meshmq::conformance
