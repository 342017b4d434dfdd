#pragma once
// Decodes what stands behind the fixed header. Internal to this room; one instance per packet.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet_rules.hpp"
#include "mqtt/property_section.hpp"
#include "mqtt/utf8.hpp"

namespace meshmq::mqtt {

/// Fills the Decoder's packet, one method per packet type, each in the source file named after it.
/// Faults stick: after the first one every read gives 0 or nothing, so methods read on and check at the end.
class BodyDecoder {
 public:
  BodyDecoder(Decoder& decoder, std::string_view body, std::uint8_t flags, const DecodeOptions& options)
      : decoder_(decoder), in_(body), flags_(flags), options_(options), answer_version_(options.version) {}

  /// Reads the whole body; what is left over is a fault.
  Fault decode(PacketType type);
  Version answer_version() const { return answer_version_; }

 private:
  // decode_connect.cpp
  void connect();
  bool protocol(Connect& out);
  void connect_flags(std::uint8_t flags, Connect& out);
  void connect_properties(Connect& out);
  void will(Will& out);
  void will_properties(Will& out);
  void credentials(std::uint8_t flags, Connect& out);
  // decode_connack.cpp
  void connack();
  void connack_properties(Connack& out);
  void connack_capability(const Property& property, Connack& out);
  // decode_publish.cpp
  void publish();
  void publish_properties(Publish& out);
  void publish_property(const Property& property, Publish& out);
  void ack(PacketType type);
  // decode_subscribe.cpp
  void subscribe();
  void subscription();
  void suback();
  void unsubscribe();
  void unsuback();
  void reason_codes(PacketType type);
  // decode_disconnect.cpp
  void disconnect();
  void auth();

  bool is_v5() const { return options_.version == Version::v5; }
  /// 3.1 says nothing about bits that it does not use.
  bool is_lenient(Version version) const { return !options_.strict || version == Version::v3_1; }
  void fail(ReasonCode reason, std::string_view text);
  void fail(const Fault& fault) { fail(fault.reason, fault.text); }
  /// A string behind its length that names something: UTF-8, in strict mode without control characters.
  std::string_view name(std::string_view fault_text);
  void check_name_text(NameText found, std::string_view fault_text);
  /// A topic that is published to.
  void check_topic(std::string_view topic, std::string_view utf8_fault, std::string_view wildcard_fault);
  void check_response_topic(std::string_view topic);
  PacketId packet_id();
  ReasonCode reason_code(PacketType type);
  /// Reason string and user properties, all that most acknowledgements have.
  template <class AnyAck>
  void ack_properties(AnyAck& out);

  Decoder& decoder_;
  ByteReader in_;
  std::uint8_t flags_;
  const DecodeOptions& options_;
  Version answer_version_;
  Fault fault_;
};

template <class AnyAck>
void BodyDecoder::ack_properties(AnyAck& out) {
  PropertySection section(in_, properties_of::acknowledgement);
  while (const Property* property = section.next()) {
    if (property->id == PropertyId::reason_string) out.reason_string = property->bytes;
  }
  if (section.fault()) fail(section.fault());
  out.user_properties = UserProperties(section.bytes());
}

/// Gathers the forwardable ones among the properties of a PUBLISH or will: a view while they stand side by
/// side, a copy in `scratch` as soon as they do not.
class ForwardableRun {
 public:
  explicit ForwardableRun(std::string& scratch) : scratch_(scratch) {}

  /// `raw` is the encoded property; calls come in wire order.
  void add(std::string_view raw) {
    if (copied_) {
      scratch_.append(raw);
    } else if (run_.empty()) {
      run_ = raw;
    } else if (run_.data() + run_.size() == raw.data()) {
      run_ = {run_.data(), run_.size() + raw.size()};
    } else {
      scratch_.assign(run_).append(raw);
      copied_ = true;
    }
  }
  std::string_view bytes() const { return copied_ ? std::string_view(scratch_) : run_; }

 private:
  std::string& scratch_;
  std::string_view run_;
  bool copied_ = false;
};

}  // namespace meshmq::mqtt
