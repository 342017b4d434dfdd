#include "broker/packet_sender.hpp"

#include <algorithm>

#include "mqtt/encoder.hpp"

namespace meshmq::broker {

using mqtt::PacketType;
using mqtt::Version;

void PacketSender::ack(Channel& channel, PacketType type, mqtt::PacketId packet_id, mqtt::ReasonCode reason) {
  small(channel, mqtt::make_ack(type, packet_id, reason, channel.version).bytes());
  if (type == PacketType::puback) ++metrics_.packets_puback_sent;
  if (type == PacketType::pubrec) ++metrics_.packets_pubrec_sent;
  if (type == PacketType::pubrel) ++metrics_.packets_pubrel_sent;
  if (type == PacketType::pubcomp) ++metrics_.packets_pubcomp_sent;
}

void PacketSender::pingresp(Channel& channel) {
  small(channel, mqtt::make_pingresp().bytes());
  ++metrics_.packets_pingresp_sent;
}

void PacketSender::connack(Channel& channel, const mqtt::Connack& packet) {
  scratch_.clear();
  mqtt::encode_packet(packet, channel.version, scratch_);
  large(channel, scratch_);
  ++metrics_.packets_connack_sent;
}

void PacketSender::connack_refusal(Channel& channel, mqtt::ReasonCode reason, mqtt::Version version,
                                   std::string_view text) {
  mqtt::Connack packet{.reason = reason};
  packet.server_reference = reference(channel, reason);
  explained(channel, packet, version, text);
  ++metrics_.packets_connack_sent;
  ++metrics_.packets_connack_error;
  if (reason == mqtt::ReasonCode::not_authorized || reason == mqtt::ReasonCode::bad_user_name_or_password)
    ++metrics_.packets_connack_auth_error;
}

bool PacketSender::auth(Channel& channel, const mqtt::Auth& packet) {
  scratch_.clear();
  mqtt::encode_packet(packet, channel.version, scratch_);
  if (scratch_.size() > channel.packet_bytes_max) return false;
  large(channel, scratch_);
  if (channel.session == nullptr) ++channel.auth->traffic.others_sent;
  ++metrics_.packets_auth_sent;
  return true;
}

void PacketSender::suback(Channel& channel, mqtt::PacketId packet_id, std::span<const mqtt::ReasonCode> codes,
                          std::string_view text) {
  ++metrics_.packets_suback_sent;
  if (codes.size() == 1 && text.empty()) {
    small(channel, mqtt::make_suback(packet_id, codes.front(), channel.version).bytes());
    return;
  }
  explained(channel, mqtt::Suback{.packet_id = packet_id, .codes = codes}, channel.version, text);
}

void PacketSender::unsuback(Channel& channel, mqtt::PacketId packet_id,
                            std::span<const mqtt::ReasonCode> codes) {
  ++metrics_.packets_unsuback_sent;
  if (std::any_of(codes.begin(), codes.end(), mqtt::is_error)) ++metrics_.packets_unsubscribe_error;
  explained(channel, mqtt::Unsuback{.packet_id = packet_id, .codes = codes}, channel.version, {});
}

void PacketSender::disconnect(Channel& channel, mqtt::ReasonCode reason, std::string_view text) {
  if (channel.version != Version::v5) return;
  ++metrics_.packets_disconnect_sent;
  mqtt::Disconnect packet{.reason = reason};
  packet.server_reference = reference(channel, reason);
  explained(channel, packet, channel.version, text);
}

std::string_view PacketSender::reference(const Channel& channel, mqtt::ReasonCode reason) const {
  constexpr std::size_t rest_of_packet = 32;
  const bool fits = channel.packet_bytes_max >= config_.server_reference.size() + rest_of_packet;
  return reason == mqtt::ReasonCode::use_another_server && fits ? std::string_view(config_.server_reference)
                                                                : std::string_view();
}

bool PacketSender::fits(const Channel& channel, const mqtt::Connack& packet, Version version) {
  // Far more than a CONNACK with all its properties: most clients need not be measured.
  constexpr std::uint32_t always_enough = 0x10000 * 3;
  if (channel.packet_bytes_max >= always_enough) return true;
  std::string bytes;
  mqtt::encode_packet(packet, version, bytes);
  return bytes.size() <= channel.packet_bytes_max;
}

bool PacketSender::fits_codes(const Channel& channel, std::size_t count) {
  const std::size_t remaining = sizeof(mqtt::PacketId) + 1 + count;
  const std::size_t length_bytes = remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : 4;
  return 1 + length_bytes + remaining <= channel.packet_bytes_max;
}

template <class Packet>
void PacketSender::explained(Channel& channel, Packet packet, Version version, std::string_view text) {
  if (channel.problem_information) packet.reason_string = text;
  scratch_.clear();
  mqtt::encode_packet(packet, version, scratch_);
  if (!packet.reason_string.empty() && scratch_.size() > channel.packet_bytes_max) {
    packet.reason_string = {};
    scratch_.clear();
    mqtt::encode_packet(packet, version, scratch_);
  }
  large(channel, scratch_);
}

void PacketSender::pause(Channel& channel, PauseReason reason) {
  if (channel.paused == 0) output_.pause_reading(channel.conn);
  channel.paused |= static_cast<std::uint8_t>(reason);
}

void PacketSender::resume(Channel& channel, PauseReason reason) {
  const auto bit = static_cast<std::uint8_t>(reason);
  if ((channel.paused & bit) == 0) return;
  channel.paused = static_cast<std::uint8_t>(channel.paused & ~bit);
  if (channel.paused == 0 && is_open(channel.state)) output_.resume_reading(channel.conn);
}

void PacketSender::small(Channel& channel, std::string_view packet) {
  sent(channel, packet.size(), output_.send_small(channel.conn, packet));
}

void PacketSender::large(Channel& channel, std::string_view packet) {
  if (packet.size() <= small_packet_bytes_max) return small(channel, packet);
  const FramePtr frame = Frame::make(packet.size());
  std::copy(packet.begin(), packet.end(), frame->data());
  sent(channel, packet.size(), output_.send(channel.conn, frame, 0));
}

void PacketSender::sent(Channel& channel, std::size_t bytes, std::size_t bytes_waiting) {
  metrics_.bytes_sent += bytes;
  ++metrics_.packets_sent;
  if (channel.session == nullptr) return;
  ++channel.session->traffic.others_sent;
  if (bytes_waiting <= config_.output_bytes_max) return;
  channel.session->congested = true;
  pause(channel, PauseReason::output);
}

}  // namespace meshmq::broker
