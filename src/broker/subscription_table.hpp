#pragma once
// Which session wants what: filter -> subscribers, private to one worker.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "broker/ports.hpp"
#include "broker/session.hpp"
#include "mqtt/types.hpp"
#include "topic/topic_table.hpp"

namespace meshmq::broker {

/// [MQTT5 3.8.3.1] What a subscription asks for beyond its filter.
struct SubscriptionOptions {
  std::uint32_t subscription_id : 28 = 0;  ///< 0: none
  std::uint32_t qos_bits : 2 = 0;
  std::uint32_t no_local : 1 = 0;
  std::uint32_t retain_as_published : 1 = 0;

  mqtt::QoS qos() const { return static_cast<mqtt::QoS>(qos_bits); }
};

/// One entry of a filter's list: 16 bytes, read in sequence by the fan-out.
struct Subscriber {
  Session* session;
  SubscriptionOptions options;
  std::uint32_t position;  ///< in Session::subscriptions
};

/// The subscribers of one filter. A single one, the usual case, needs no further memory. Order is of no
/// meaning.
class SubscriberList {
 public:
  SubscriberList() : one() {}
  ~SubscriberList();
  SubscriberList(const SubscriberList&) = delete;
  SubscriberList& operator=(const SubscriberList&) = delete;

  std::span<Subscriber> all() { return {data(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Subscriber& operator[](std::size_t i) { return data()[i]; }

  void add(Subscriber subscriber);
  /// Fills the gap with the last one and tells that one's session where it is now.
  void remove(std::uint32_t index);

  /// The SUBSCRIBE that makes the filter's route known; 0 once that is confirmed.
  Token route_pending() const { return route_pending_; }
  void set_route_pending(Token token) { route_pending_ = token; }

 private:
  Subscriber* data() { return capacity_ == 0 ? &one : many; }

  union {
    Subscriber one;
    Subscriber* many;
  };
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;  ///< of many; 0: one is used
  Token route_pending_ = 0;
};

/// Keeps both sides of every subscription in step: the filter's list and the session's. Thread rule: one
/// owner. Visitors of match() must not change the table.
class SubscriptionTable {
 public:
  explicit SubscriptionTable(std::uint64_t seed) : table_(seed) {}

  struct Subscribed {
    SubscriberList& list;
    bool is_new;  ///< the session had no subscription of this filter; otherwise its options are replaced
  };
  Subscribed subscribe(Session& session, std::string_view filter, SubscriptionOptions options);

  enum class Unsubscribed { not_found, others_remain, was_last };
  Unsubscribed unsubscribe(Session& session, std::string_view filter);
  /// Ends one subscription of the session, the last of its list; `filter` becomes its text if nobody else has
  /// it.
  bool unsubscribe_any(Session& session, std::string& last_filter);

  bool contains(Session& session, std::string_view filter) {
    SubscriberList* list = find(filter);
    return list != nullptr && find(session, *list) != nullptr;
  }
  SubscriberList* find(std::string_view filter) { return table_.find(filter); }
  /// The session's entry in the list, or nullptr. Costs the smaller of both sides.
  static Subscriber* find(Session& session, SubscriberList& list);
  static std::string_view filter_of(const SubscriberList& list) { return Table::filter_of(list); }

  template <class Visit>
  void match(std::string_view topic, Visit&& visit) {
    table_.match(topic, std::forward<Visit>(visit));
  }

  /// Subscriptions, not filters.
  std::size_t size() const { return size_; }
  std::size_t filter_count() const { return table_.size(); }

 private:
  using Table = topic::TopicTable<SubscriberList>;

  void remove(Session& session, Subscriber& subscriber);

  Table table_;
  std::size_t size_ = 0;
};

}  // namespace meshmq::broker
