#pragma once
// Packets -> bytes. The caller answers for valid contents (strings up to 65,535 bytes of UTF-8, packet ids,
// ...).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mqtt/packet.hpp"

namespace meshmq::mqtt {

/// Appends one packet to `out`. Fields that the version does not have are left out (see packet.hpp).
/// Connect carries its own version; the argument must be the same. Auth and a server's Disconnect exist in 5
/// only: for older versions encode_packet(Auth) is a programmer's error and Disconnect becomes the plain E0
/// 00.
void encode_packet(const Connect& packet, Version version, std::string& out);
void encode_packet(const Connack& packet, Version version, std::string& out);
void encode_packet(const Publish& packet, Version version, std::string& out);
void encode_packet(const Ack& packet, Version version, std::string& out);
void encode_packet(const Subscribe& packet, Version version, std::string& out);
void encode_packet(const Suback& packet, Version version, std::string& out);
void encode_packet(const Unsubscribe& packet, Version version, std::string& out);
void encode_packet(const Unsuback& packet, Version version, std::string& out);
void encode_packet(const Pingreq& packet, Version version, std::string& out);
void encode_packet(const Pingresp& packet, Version version, std::string& out);
void encode_packet(const Disconnect& packet, Version version, std::string& out);
void encode_packet(const Auth& packet, Version version, std::string& out);
void encode_packet(const Packet& packet, Version version, std::string& out);

/// [MQTT-2.2.3] Largest value of a remaining length (and of every variable byte integer).
inline constexpr std::size_t remaining_length_max = 268'435'455;
/// ... and of a whole packet.
inline constexpr std::size_t packet_bytes_max = remaining_length_max + 5;

/// Writes a PUBLISH into memory that the caller provides, without allocating. Sizes are computed once, at
/// construction.
///
///   const PublishEncoder encoder(publish, version);
///   FramePtr frame = Frame::make(encoder.size());
///   frame->set_packet_id_offset(encoder.write(frame->data()));
///
/// The Publish is borrowed and must outlive the encoder. `packet_id` is written as it is: 0 if it is patched
/// later. Before MQTT 5 properties, expiry, alias and subscription ids are left out.
class PublishEncoder {
 public:
  PublishEncoder(const Publish& publish, Version version);

  /// Bytes of the whole packet; what a client's maximum packet size counts ([MQTT-3.1.2-24]). Above
  /// packet_bytes_max MQTT cannot express it and write() must not be called.
  std::size_t size() const { return header_bytes_ + remaining_length_; }
  /// Writes exactly size() bytes. Returns where the packet id stands, or 0 for QoS 0.
  std::size_t write(char* out) const;

 private:
  const Publish& publish_;
  bool has_properties_;
  std::size_t properties_length_ = 0;
  std::size_t remaining_length_ = 0;
  std::size_t header_bytes_ = 0;
};

/// A packet of at most 12 bytes on the stack (broker::small_packet_bytes_max).
class SmallPacket {
 public:
  std::string_view bytes() const { return {bytes_, size_}; }
  void push(std::uint8_t byte) { bytes_[size_++] = static_cast<char>(byte); }

 private:
  char bytes_[12];
  std::uint8_t size_ = 0;
};

/// PUBACK, PUBREC, PUBREL, PUBCOMP. The reason is said in MQTT 5 only, and only if it is not success.
SmallPacket make_ack(PacketType type, PacketId packet_id, ReasonCode reason, Version version);
SmallPacket make_pingreq();
SmallPacket make_pingresp();
/// The reason is said in MQTT 5 only. Before 5 a server must not send this.
SmallPacket make_disconnect(ReasonCode reason, Version version);
/// Answer to a one-filter SUBSCRIBE, by far the most common.
SmallPacket make_suback(PacketId packet_id, ReasonCode code, Version version);
/// The byte that says `code` in a SUBACK: before MQTT 5 every error is 0x80.
std::uint8_t to_suback_code(ReasonCode code, Version version);

}  // namespace meshmq::mqtt
