#pragma once
// Bytes -> packets, one at a time, without copying.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/packet.hpp"

namespace meshmq::mqtt {

/// Who is reading. A server accepts what clients send and the other way round; the wrong direction is a
/// protocol error.
enum class Role : std::uint8_t { server, client };

/// What the reader knows about the connection.
struct DecodeOptions {
  Role role = Role::server;
  /// Version agreed by CONNECT. Does not matter for CONNECT itself, which says its own.
  Version version = Version::v3_1_1;
  /// Largest whole packet accepted, fixed header included; mqtt.max_packet_size. 0: MQTT's own 268,435,460.
  std::uint32_t packet_bytes_max = 0;
  /// mqtt.strict_mode. Without it the decoder reads over bits that have no meaning: see Decoder.
  bool strict = true;
};

enum class DecodeStatus : std::uint8_t {
  need_more,  ///< the bytes are a proper beginning; `size` bytes are needed at least (the whole packet, once
              ///< known)
  packet,     ///< one packet was decoded from the first `size` bytes: see Decoder::packet()
  error,      ///< nothing can be read from this connection any more; `reason` and `text` say why
};

struct DecodeResult {
  DecodeStatus status = DecodeStatus::need_more;
  /// packet: which one. error: which one it was meant to be (may be no valid enumerator: 0 is not a packet
  /// type).
  PacketType type{};
  /// error: what to answer. malformed_packet, protocol_error, packet_too_large, topic_name_invalid,
  /// topic_alias_invalid, unsupported_protocol_version (CONNECT only).
  ReasonCode reason = ReasonCode::success;
  /// error: the version in which to answer. For CONNECT the one it asked for (nearest known one if
  /// unsupported: 3.1.1 below level 5, else 5), otherwise DecodeOptions::version. To a bad CONNECT 3.x
  /// clients get a CONNACK only for unsupported_protocol_version; all else just closes ([MQTT-4.8.0-1]).
  Version answer_version = Version::v3_1_1;
  std::size_t size = 0;
  std::string_view text;  ///< error: for people; a literal, lives forever
};

/// Decodes packets of any number of connections; keeps nothing from one call to the next except memory to
/// reuse.
///
///   for (;;) {
///     const DecodeResult r = decoder.decode(bytes, options);
///     if (r.status != DecodeStatus::packet) break;
///     std::visit(handle, decoder.packet());   // or switch (r.type)
///     bytes.remove_prefix(r.size);
///   }
///
/// Invariant: a result depends only on the bytes of the packet and the options, never on how the bytes were
/// cut: any prefix of a valid packet is need_more; an error may show before the packet is complete, and then
/// is the same one. Bytes behind the packet are never looked at. What is checked is everything that the spec
/// calls malformed or a protocol error and that can be seen in one packet alone; what needs the session's
/// state is the broker's. Always lenient: before MQTT 5 a remaining length with needless bytes is accepted
/// (modems send it), and MQTT 3.1 may set reserved header flags and announce a user name that is missing, as
/// its spec demands. Lenient where it is not told to be strict, because nobody but the sender could ever be
/// concerned: needless bytes in the remaining length, reserved flags of the fixed header (not those of
/// PUBLISH's QoS), of CONNECT and of subscriptions, DUP with QoS 0, flags of a will that is not there, a
/// password without user name; and control characters in client ids, user names, topics and filters, which
/// [MQTT5 1.5.4] leaves to the receiver (texts of a server are not looked through). No allocation for PUBLISH
/// with contiguous properties, acknowledgements and pings; others reuse memory. Thread rule: one owner
/// (usually one per worker).
class Decoder {
 public:
  /// Decodes the packet at the front of `bytes`.
  [[nodiscard]] DecodeResult decode(std::string_view bytes, const DecodeOptions& options);

  /// The packet of the last decode() that returned `packet`. Valid until the next decode() and as long as its
  /// input.
  const Packet& packet() const { return packet_; }
  /// Shortcut when DecodeResult::type says so.
  const Publish& publish() const { return *std::get_if<Publish>(&packet_); }
  const Ack& ack() const { return *std::get_if<Ack>(&packet_); }

 private:
  friend class BodyDecoder;

  Packet packet_;
  std::vector<Subscription> subscriptions_;
  std::vector<std::string_view> filters_;
  std::vector<ReasonCode> codes_;
  std::vector<std::uint32_t> subscription_ids_;
  std::string properties_;  ///< forwardable properties that were not contiguous
};

}  // namespace meshmq::mqtt
