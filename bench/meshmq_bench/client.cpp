#include "bench/meshmq_bench/client.hpp"

#include <fmt/format.h>

#include <utility>

#include "bench/meshmq_bench/load_thread.hpp"
#include "mqtt/encoder.hpp"

namespace meshmq::bench {

Client::Client(const Options& options, ClientPlan plan, LoadThread& thread)
    : options_(options), plan_(std::move(plan)), thread_(thread) {}

Result<void> Client::dial(Nanos now) {
  dialled_at_ = now;
  state_ = State::dialling;
  return connection_.dial(*plan_.endpoint, plan_.source);
}

bool Client::handle_writable() {
  if (state_ != State::dialling) return true;
  const Result<void> done = connection_.finish_dial(options_.tls, options_.websocket);
  if (!done) return give_up(fmt::format("{}: {}", plan_.endpoint->text, done.error().message));
  state_ = State::awaiting_connack;
  send_connect();
  return true;
}

bool Client::handle_readable(char* scratch, std::size_t size) {
  bool ok = true;
  std::string_view bytes = connection_.read(scratch, size, ok);
  if (!ok) return give_up(fmt::format("{}: connection closed by the broker", plan_.endpoint->text));
  mqtt::Decoder& decoder = thread_.decoder();
  const mqtt::DecodeOptions decode_options{mqtt::Role::client, options_.version, 0};
  while (!bytes.empty()) {
    const mqtt::DecodeResult result = decoder.decode(bytes, decode_options);
    if (result.status == mqtt::DecodeStatus::need_more) break;
    if (result.status == mqtt::DecodeStatus::error) {
      return give_up(fmt::format("{}: bad packet: {}", plan_.endpoint->text, result.text));
    }
    if (!handle_packet(result, decoder)) return false;
    bytes.remove_prefix(result.size);
  }
  connection_.keep(bytes);
  if (connection_.output_needs_input()) thread_.has_output(*this);
  return true;
}

bool Client::handle_packet(const mqtt::DecodeResult& result, const mqtt::Decoder& decoder) {
  switch (result.type) {
    case mqtt::PacketType::publish:
      handle_publish(decoder.publish());
      return true;
    case mqtt::PacketType::puback:
    case mqtt::PacketType::pubrec:
    case mqtt::PacketType::pubrel:
    case mqtt::PacketType::pubcomp:
      handle_ack(decoder.ack());
      return true;
    case mqtt::PacketType::connack:
      return handle_connack(*std::get_if<mqtt::Connack>(&decoder.packet()));
    case mqtt::PacketType::suback:
      return handle_suback(*std::get_if<mqtt::Suback>(&decoder.packet()));
    case mqtt::PacketType::disconnect: {
      const auto& disconnect = *std::get_if<mqtt::Disconnect>(&decoder.packet());
      return give_up(fmt::format("{}: disconnected by the broker: {}", plan_.endpoint->text,
                                 to_string(disconnect.reason)));
    }
    default:
      return true;
  }
}

bool Client::handle_connack(const mqtt::Connack& connack) {
  if (is_error(connack.reason)) {
    return give_up(fmt::format("{}: refused: {}", plan_.endpoint->text, to_string(connack.reason)));
  }
  receive_maximum_ = connack.receive_maximum;
  state_ = State::awaiting_suback;
  subscribe_or_become_ready();
  return true;
}

bool Client::handle_suback(const mqtt::Suback& suback) {
  for (const mqtt::ReasonCode code : suback.codes) {
    if (is_error(code))
      return give_up(fmt::format("{}: subscription refused: {}", plan_.endpoint->text, to_string(code)));
  }
  subscribe_or_become_ready();
  return true;
}

void Client::subscribe_or_become_ready() {
  if (subscribed_ < plan_.filters.size()) return send_subscribe();
  state_ = State::ready;
  thread_.client_ready(*this);
}

void Client::send_connect() {
  mqtt::Connect connect;
  connect.version = options_.version;
  connect.clean_start = options_.clean;
  connect.keep_alive_s = options_.keepalive_s;
  connect.client_id = plan_.client_id;
  connect.session_expiry_s = options_.session_expiry_s;
  if (!options_.username.empty()) connect.username = options_.username;
  if (!options_.password.empty()) connect.password = options_.password;
  mqtt::encode_packet(connect, options_.version, out());
  flush_later();
}

void Client::send_subscribe() {
  constexpr std::size_t filters_per_packet = 100;
  std::vector<mqtt::Subscription> subscriptions;
  while (subscribed_ < plan_.filters.size() && subscriptions.size() < filters_per_packet) {
    subscriptions.push_back(mqtt::Subscription{plan_.filters[subscribed_++], options_.qos});
  }
  mqtt::Subscribe subscribe;
  subscribe.packet_id = 1;
  subscribe.subscriptions = subscriptions;
  mqtt::encode_packet(subscribe, options_.version, out());
  flush_later();
}

void Client::send_ack(mqtt::PacketType type, mqtt::PacketId id) {
  out().append(mqtt::make_ack(type, id, mqtt::ReasonCode::success, options_.version).bytes());
  flush_later();
}

void Client::flush_later() {
  sent_at_ = thread_.now();
  thread_.has_output(*this);
}

void Client::tick(Nanos now) {
  if (state_ != State::ready || options_.keepalive_s == 0) return;
  // Three quarters, so that a ping that is late by a second is still in time.
  if (now - sent_at_ < options_.keepalive_s * nanos_per_second / 4 * 3) return;
  out().append(mqtt::make_pingreq().bytes());
  flush_later();
}

void Client::disconnect() {
  if (state_ == State::ready) {
    out().append(mqtt::make_disconnect(mqtt::ReasonCode::normal_disconnection, options_.version).bytes());
    connection_.flush();
  }
  connection_.close();
  state_ = State::gone;
}

bool Client::give_up(std::string why) {
  why_ = std::move(why);
  connection_.close();
  state_ = State::gone;
  return false;
}

}  // namespace meshmq::bench
