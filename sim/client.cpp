#include "sim/client.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::sim {

namespace {

/// A session's row has come to all other nodes by then, also if CONNACK did not wait for them.
constexpr Micros known_everywhere = 500_ms;
/// A CONNACK that came sooner than this did not come because cluster.connack_wait (1 s) was over.
constexpr Micros prompt_connack = 900_ms;

}  // namespace

void SimClient::end_epoch() {
  ++epoch_;
  epoch_ends_.push_back(scheduler_.now_us());
}

void SimClient::forget_connection() {
  end_epoch();
  // Without a CONNACK nobody knows whether the broker still had the session; one of MQTT 3 with clean session
  // ends with its connection.
  if (!connack_ || ends_with_connection_) forget_session();
  connack_ = false;
  input_.clear();
  subscribing_.clear();
  publishing_.clear();
  connection_.reset();
}

void SimClient::connect(const std::shared_ptr<Process>& process, bool clean_start,
                        std::uint32_t session_expiry_s) {
  disconnect();
  process_ = process;
  node_ = process->name();
  visited_.insert(node_);
  persistent_ = session_expiry_s > 0;
  ends_with_connection_ = session_expiry_s == 0 || (clean_start && version_ != mqtt::Version::v5);
  if (std::exchange(connecting_clean_, clean_start)) {
    clean_under_way_until_ = scheduler_.now_us() + known_everywhere;
    gave_up_clean_start_ = true;
  }
  if (clean_start) {
    forget_session();
    has_session_since_.reset();
  }
  expects_session_ = !clean_start && has_session_since_ && *has_session_since_ <= scheduler_.now_us();
  connecting_since_ = scheduler_.now_us();
  connection_ = process->connect(shared_from_this());
  mqtt::Connect packet{.version = version_,
                       .clean_start = clean_start,
                       .client_id = id_,
                       .session_expiry_s = session_expiry_s};
  std::string payload;
  if (will_) {
    payload = std::to_string(will_->message);
    packet.will = mqtt::Will{.topic = will_->topic,
                             .payload = payload,
                             .delay_s = will_->delay_s,
                             .qos = mqtt::QoS::at_least_once};
  }
  send(packet);
}

void SimClient::disconnect() {
  end_connection(true);
}

void SimClient::vanish() {
  end_connection(false);
}

void SimClient::end_connection(bool goodbye) {
  if (connection_ == nullptr) return;
  const auto process = process_.lock();
  if (process) {
    if (goodbye) send(mqtt::Disconnect{});
    process->close(connection_);
  }
  // Late bytes of this connection must not reach the next one.
  connection_->client.reset();
  forget_connection();
}

void SimClient::closed() {
  if (connection_ != nullptr) forget_connection();
}

void SimClient::subscribe(const std::string& filter, mqtt::QoS qos) {
  const mqtt::PacketId packet_id = next_packet_id();
  subscribing_[packet_id] = {filter, qos};
  ever_.insert(filter);
  confirmed_.erase(filter);
  const mqtt::Subscription subscription{.filter = filter, .qos = qos};
  send(mqtt::Subscribe{.packet_id = packet_id, .subscriptions = {&subscription, 1}});
}

void SimClient::unsubscribe(const std::string& filter) {
  end_epoch();
  confirmed_.erase(filter);
  // A second SUBSCRIBE of the filter may still wait for its SUBACK: it confirms nothing any more.
  for (auto& [packet_id, subscribing] : subscribing_) {
    if (subscribing.first == filter) subscribing.first.clear();
  }
  const std::string_view view = filter;
  send(mqtt::Unsubscribe{.packet_id = next_packet_id(), .filters = {&view, 1}});
}

void SimClient::publish(MessageId message, const std::string& topic, mqtt::QoS qos) {
  const std::string payload = std::to_string(message);
  publish(message, {.topic = topic, .payload = payload, .qos = qos});
}

void SimClient::retain(MessageId message, const std::string& topic, mqtt::QoS qos, bool deletes) {
  const std::string payload = deletes ? "" : std::to_string(message);
  publish(message, {.topic = topic, .payload = payload, .qos = qos, .retain = true});
}

void SimClient::publish(MessageId message, mqtt::Publish packet) {
  if (packet.qos != mqtt::QoS::at_most_once) {
    packet.packet_id = next_packet_id();
    publishing_[packet.packet_id] = message;
  }
  send(packet);
}

bool SimClient::subscribed(std::string_view topic) const {
  return std::any_of(confirmed_.begin(), confirmed_.end(),
                     [&](const auto& item) { return topic::matches(item.first, topic); });
}

bool SimClient::ever_subscribed(std::string_view topic) const {
  for (const std::string& filter : ever_) {
    const auto shared = topic::parse_shared(filter);
    if (topic::matches(shared ? shared->filter : filter, topic)) return true;
  }
  return false;
}

void SimClient::bytes(const std::string& data) {
  if (connection_ == nullptr) return;
  input_ += data;
  std::string_view rest = input_;
  const mqtt::DecodeOptions options{.role = mqtt::Role::client, .version = version_};
  for (;;) {
    const mqtt::DecodeResult r = decoder_.decode(rest, options);
    if (r.status == mqtt::DecodeStatus::error)
      return listener_.violated(*this, "cannot decode: " + std::string(r.text));
    if (r.status != mqtt::DecodeStatus::packet) break;
    rest.remove_prefix(r.size);
    std::visit([this](const auto& packet) { handle(packet); }, decoder_.packet());
    if (connection_ == nullptr) return;
  }
  input_ = std::string(rest);
}

void SimClient::handle(const mqtt::Connack& packet) {
  // Its node is being evacuated: the connection ends at once.
  if (packet.reason == mqtt::ReasonCode::use_another_server ||
      packet.reason == mqtt::ReasonCode::server_unavailable)
    return;
  if (packet.reason != mqtt::ReasonCode::success) return listener_.violated(*this, "CONNACK refuses");
  connack_ = true;
  if (std::exchange(forgets_visits_, false)) visited_ = {node_};
  has_session_since_.reset();
  connecting_clean_ = false;
  if (!in_doubt()) gave_up_clean_start_ = false;
  const Micros now = scheduler_.now_us();
  if (!ends_with_connection_ && now > clean_under_way_until_) {
    has_session_since_ = now - connecting_since_ < prompt_connack ? now : now + known_everywhere;
  }
  if (packet.session_present) return listener_.resumed(*this);
  if (expects_session_) {
    listener_.lost(*this, connecting_since_);
    doubt_session();
  }
  forget_session();
  listener_.begun(*this);
}

void SimClient::handle(const mqtt::Suback& packet) {
  const auto it = subscribing_.find(packet.packet_id);
  if (it == subscribing_.end()) return listener_.violated(*this, "SUBACK for nothing");
  const auto [filter, qos] = it->second;
  subscribing_.erase(it);
  const bool granted = static_cast<std::uint8_t>(packet.codes[0]) < 0x80;
  if (!granted && !listener_.answered) return listener_.violated(*this, "SUBACK refuses " + filter);
  if (filter.empty()) return;
  if (granted) confirmed_[filter] = qos;
  if (listener_.answered) listener_.answered(*this, filter, granted);
}

void SimClient::handle(const mqtt::Ack& packet) {
  if (packet.type == mqtt::PacketType::pubrel) {
    released_later_.erase(packet.packet_id);
    return send_ack(mqtt::PacketType::pubcomp, packet.packet_id);
  }
  const auto it = publishing_.find(packet.packet_id);
  if (it == publishing_.end()) {
    // What an earlier connection of this session published may be acknowledged on this one.
    if (!persistent_) return listener_.violated(*this, "acknowledgement for nothing");
    if (packet.type == mqtt::PacketType::pubrec) send_ack(mqtt::PacketType::pubrel, packet.packet_id);
    return;
  }
  if (packet.type == mqtt::PacketType::pubrec) return send_ack(mqtt::PacketType::pubrel, packet.packet_id);
  const MessageId message = it->second;
  publishing_.erase(it);
  listener_.acknowledged(message);
}

void SimClient::handle(const mqtt::Publish& packet) {
  if (packet.qos == mqtt::QoS::exactly_once) {
    const bool again = !released_later_.insert(packet.packet_id).second;
    send_ack(mqtt::PacketType::pubrec, packet.packet_id);
    if (again) return;
  }
  receive(packet);
  if (packet.qos == mqtt::QoS::at_least_once) send_ack(mqtt::PacketType::puback, packet.packet_id);
}

void SimClient::receive(const mqtt::Publish& packet) {
  MessageId message = 0;
  std::from_chars(packet.payload.data(), packet.payload.data() + packet.payload.size(), message);
  ++copies_[message];
  if (packet.qos == mqtt::QoS::exactly_once) copies_at_qos2_.insert(message);
  got_.insert(message);
  listener_.received(*this, message, packet.topic, packet.qos);
}

}  // namespace meshmq::sim
