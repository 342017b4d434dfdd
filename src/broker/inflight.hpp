#pragma once
// QoS 1 and 2 messages that a client has got but not yet acknowledged.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "broker/outgoing.hpp"
#include "mqtt/types.hpp"

namespace meshmq::broker {

/// [MQTT-4.3.2-1], [MQTT-4.3.3-1]
///
///   QoS 1:  awaiting_puback --PUBACK--> gone
///   QoS 2:  awaiting_pubrec --PUBREC--> awaiting_pubcomp --PUBCOMP--> gone
enum class InflightState : std::uint8_t { awaiting_puback, awaiting_pubrec, awaiting_pubcomp };

struct InflightEntry {
  Outgoing outgoing;  ///< the message is let go when PUBREC came
  TimePoint sent_at{};
  /// Position in the order of sending; PUBREC gives a new one ([MQTT-4.6.0-1], [MQTT-4.6.0-4]).
  std::uint32_t order = 0;
  mqtt::PacketId packet_id = 0;  ///< 0: the slot is free
  InflightState state = InflightState::awaiting_puback;
  /// After a reconnect: waits for room in the new client's window before it is sent again.
  bool parked = false;
};

/// The window of one session. Entries sit in a ring of slots indexed by packet id, so that finding one costs
/// nothing; an id whose slot is still taken by a slow acknowledgement is skipped. No memory before the first
/// entry, none allocated per entry once the ring has grown to the window. Limit: Config::inflight_max,
/// lowered by the client's Receive Maximum.
class Inflight {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// No more may be sent. What is parked has been sent to no one on this connection.
  bool full() const { return size_ - parked_ >= window_; }
  std::size_t parked() const { return parked_; }
  void set_window(std::uint16_t window) { window_ = window; }
  std::uint16_t window() const { return window_; }

  /// Takes a fresh packet id. Not when full().
  InflightEntry& add(Outgoing outgoing, TimePoint now);
  /// The entry with this id, or nullptr.
  InflightEntry* find(mqtt::PacketId packet_id);
  void remove(InflightEntry& entry);
  /// [MQTT-4.3.3-1] PUBREC came: the message is delivered, PUBREL will be repeated instead.
  void received(InflightEntry& entry, TimePoint now);

  /// A new connection: nothing has been sent on it yet.
  void park_all();
  void unpark(InflightEntry& entry, TimePoint now);
  /// When the entry was sent that waits longest for its answer; `if_none` if nothing is under way.
  TimePoint oldest_sent_at(TimePoint if_none) const;
  /// Gives all memory back if there are no entries.
  void trim();

  /// The id that was given last: the next ones follow it.
  mqtt::PacketId last_id() const { return last_id_; }
  void set_last_id(mqtt::PacketId id) { last_id_ = id; }
  /// An entry of another node, parked, behind all others. False if the id is taken.
  [[nodiscard]] bool restore(mqtt::PacketId packet_id, InflightState state, Outgoing outgoing, TimePoint now);

  /// All entries in the order in which they were sent. Borrowed until the next call of add() or remove().
  std::vector<InflightEntry*> in_order();

 private:
  static constexpr std::uint32_t capacity_first = 4;

  InflightEntry& slot(std::uint32_t id) { return slots_[id & (capacity_ - 1)]; }
  void grow();

  std::unique_ptr<InflightEntry[]> slots_;
  std::uint32_t capacity_ = 0;  ///< a power of two, or 0
  std::uint32_t next_order_ = 0;
  mqtt::PacketId last_id_ = 0;
  std::uint16_t size_ = 0;
  std::uint16_t parked_ = 0;
  std::uint16_t window_ = 0;
};

}  // namespace meshmq::broker
