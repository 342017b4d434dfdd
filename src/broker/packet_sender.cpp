#include "broker/packet_sender.hpp"

#include <algorithm>

#include "mqtt/encoder.hpp"

namespace meshmq::broker {

using mqtt::PacketType;

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

void PacketSender::connack_refusal(Channel& channel, mqtt::ReasonCode reason, mqtt::Version version) {
  small(channel, mqtt::make_connack_refusal(reason, version).bytes());
  ++metrics_.packets_connack_sent;
  ++metrics_.packets_connack_error;
}

void PacketSender::suback(Channel& channel, mqtt::PacketId packet_id,
                          std::span<const mqtt::ReasonCode> codes) {
  ++metrics_.packets_suback_sent;
  if (codes.size() == 1) {
    small(channel, mqtt::make_suback(packet_id, codes.front(), channel.version).bytes());
    return;
  }
  scratch_.clear();
  mqtt::encode_packet(
      mqtt::Suback{.packet_id = packet_id, .codes = codes, .reason_string = {}, .user_properties = {}},
      channel.version, scratch_);
  large(channel, scratch_);
}

void PacketSender::unsuback(Channel& channel, mqtt::PacketId packet_id,
                            std::span<const mqtt::ReasonCode> codes) {
  ++metrics_.packets_unsuback_sent;
  scratch_.clear();
  mqtt::encode_packet(
      mqtt::Unsuback{.packet_id = packet_id, .codes = codes, .reason_string = {}, .user_properties = {}},
      channel.version, scratch_);
  large(channel, scratch_);
}

void PacketSender::disconnect(Channel& channel, mqtt::ReasonCode reason) {
  if (channel.version != mqtt::Version::v5) return;
  small(channel, mqtt::make_disconnect(reason, channel.version).bytes());
  ++metrics_.packets_disconnect_sent;
}

void PacketSender::pause(Channel& channel, PauseReason reason) {
  if (channel.paused == 0) output_.pause_reading(channel.conn);
  channel.paused |= static_cast<std::uint8_t>(reason);
}

void PacketSender::resume(Channel& channel, PauseReason reason) {
  const auto bit = static_cast<std::uint8_t>(reason);
  if ((channel.paused & bit) == 0) return;
  channel.paused = static_cast<std::uint8_t>(channel.paused & ~bit);
  const bool open = channel.state == ChannelState::connected || channel.state == ChannelState::connecting;
  if (channel.paused == 0 && open) output_.resume_reading(channel.conn);
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
  if (bytes_waiting <= config_.output_bytes_max || channel.session == nullptr) return;
  channel.session->congested = true;
  pause(channel, PauseReason::output);
}

}  // namespace meshmq::broker
