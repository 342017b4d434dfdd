#pragma once
// MQTT 5 properties as they stand on the wire, and ways to look at them without copying ([MQTT5 2.2.2]).

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::mqtt {

/// [MQTT5 2.2.2.2] Table 2-4.
enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

/// One property. Which of the fields counts depends on the id's type; the others are 0 or empty.
struct Property {
  PropertyId id{};
  std::uint32_t number = 0;  ///< byte, two byte, four byte and variable byte integers
  std::string_view bytes;    ///< strings, binary data, and the value of a user property
  std::string_view key;      ///< the name of a user property
};

/// A sequence of encoded properties (without their length), in wire order. Borrows; cheap to copy.
/// Invariant: the bytes were validated by the decoder or made by the append functions below. Should they be
/// cut short nevertheless, iteration ends there.
class PropertyList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Property;
    using difference_type = std::ptrdiff_t;
    using pointer = const Property*;
    using reference = const Property&;

    Iterator() = default;
    explicit Iterator(std::string_view bytes) : rest_(bytes) { ++*this; }
    const Property& operator*() const { return current_; }
    const Property* operator->() const { return &current_; }
    Iterator& operator++();
    bool operator==(std::default_sentinel_t) const { return at_end_; }

   private:
    std::string_view rest_;
    Property current_;
    bool at_end_ = true;
  };

  PropertyList() = default;
  explicit PropertyList(std::string_view bytes) : bytes_(bytes) {}

  Iterator begin() const { return Iterator(bytes_); }
  std::default_sentinel_t end() const { return {}; }
  bool empty() const { return bytes_.empty(); }
  std::string_view bytes() const { return bytes_; }
  /// The first property with this id.
  std::optional<Property> find(PropertyId id) const;

 private:
  std::string_view bytes_;
};

/// The user properties among encoded properties; others are skipped. Order and repetition are kept
/// ([MQTT-3.3.2-18]). `for (const Property& p : packet.user_properties) use(p.key, p.bytes);`
class UserProperties {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Property;
    using difference_type = std::ptrdiff_t;
    using pointer = const Property*;
    using reference = const Property&;

    Iterator() = default;
    explicit Iterator(PropertyList::Iterator at) : at_(at) { skip_others(); }
    const Property& operator*() const { return *at_; }
    const Property* operator->() const { return &*at_; }
    Iterator& operator++() {
      ++at_;
      skip_others();
      return *this;
    }
    bool operator==(std::default_sentinel_t end) const { return at_ == end; }

   private:
    void skip_others() {
      while (!(at_ == std::default_sentinel) && at_->id != PropertyId::user_property) ++at_;
    }

    PropertyList::Iterator at_;
  };

  UserProperties() = default;
  explicit UserProperties(std::string_view encoded) : all_(encoded) {}

  Iterator begin() const { return Iterator(all_.begin()); }
  std::default_sentinel_t end() const { return {}; }
  bool empty() const { return begin() == end(); }

 private:
  PropertyList all_;
};

/// Append one encoded property. The caller picks the id of the matching type; strings are at most 65,535
/// bytes.
void append_byte_property(std::string& out, PropertyId id, std::uint8_t value);
void append_u16_property(std::string& out, PropertyId id, std::uint16_t value);
void append_u32_property(std::string& out, PropertyId id, std::uint32_t value);
void append_varint_property(std::string& out, PropertyId id, std::uint32_t value);
void append_string_property(std::string& out, PropertyId id, std::string_view value);
void append_user_property(std::string& out, std::string_view key, std::string_view value);

}  // namespace meshmq::mqtt
