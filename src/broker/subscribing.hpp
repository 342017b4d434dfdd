#pragma once
// SUBSCRIBE and UNSUBSCRIBE.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/world.hpp"
#include "mqtt/message.hpp"
#include "mqtt/packet.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

/// A subscription works for this worker's publishers at once; SUBACK leaves when the whole cluster knows it
/// (Router::subscribe), and after it the retained messages in order. Thread rule: one owner.
class Subscribing {
 public:
  explicit Subscribing(World& world) : world_(world) {}

  Verdict handle(Channel& channel, const mqtt::Subscribe& packet);
  Verdict handle(Channel& channel, const mqtt::Unsubscribe& packet);
  /// module.subscription.*: what the client has without asking. What it may not have is left out.
  void subscribe_automatically(Channel& channel);
  /// It has asked for a shared or exclusive subscription, and SUBACK has not been sent.
  bool awaits_group(const Channel& channel) const;
  /// An operator asks for a client; nothing is sent to it but retained messages. Ends in
  /// Router::subscribed_for().
  void subscribe_for(Channel& channel, const mqtt::Subscription& wanted, Token operation);
  mqtt::ReasonCode unsubscribe_for(Channel& channel, std::string_view filter) {
    return topic::is_shared(filter) ? leave(*channel.session, filter) : unsubscribe(*channel.session, filter);
  }
  /// `refused`: filters, by number, that somebody else has for himself.
  void done(Token token, std::vector<std::vector<mqtt::MessagePtr>> retained,
            std::span<const std::size_t> refused, Now now);
  /// The client had it, or asked for it; whatever it has or asks for by now stays.
  void release_if_unused(std::string_view client_id, std::string_view name);
  /// False: the client has no such exclusive subscription.
  bool lose_exclusive(std::string_view name, std::string_view client_id, std::string_view winner);

  static constexpr std::string_view taken = "somebody else has this exclusive subscription";

 private:
  /// What the client wants of an exclusive subscription that it may or may not get.
  struct Wish {
    SubscriptionOptions options;
    mqtt::RetainHandling retain_handling = mqtt::RetainHandling::send;
    bool given_up = false;  ///< by an UNSUBSCRIBE since
    bool had = false;       ///< the session has it already: it goes where the session goes
  };
  /// A filter that was accepted and what became of it.
  struct Accepted {
    std::string filter;
    bool retained = true;
    std::size_t code = 0;  ///< its place in Pending::codes
    std::optional<Wish> wish{};
  };
  /// A SUBSCRIBE whose SUBACK has not been sent; or an UNSUBSCRIBE.
  struct Pending {
    ConnId conn;
    std::uint32_t generation = 0;
    mqtt::PacketId packet_id = 0;  ///< 0: nobody asked, nobody is answered
    std::vector<mqtt::ReasonCode> codes;
    std::vector<Accepted> accepted;
    std::string_view text{};  ///< why a filter was refused; a literal
    std::string client_id{};  ///< if it asks for something exclusive: the connection may be gone
    bool claims = false;      ///< and it has not been said yet who may have that
    bool refused_late = false;
    bool unsubscribes = false;
    bool groups = false;  ///< shared or exclusive ones are among them
    Token operation = 0;  ///< of an operator, who is answered instead
  };

  /// What the client was told that it may not ask for ([MQTT5 3.2.2.3.11 - 13]), what no client may, or what
  /// could not be answered.
  static Verdict check_available(const Channel& channel, const mqtt::Subscribe& packet);
  bool any_forbidden(Channel& channel, const mqtt::Subscribe& packet);
  void count_refusals(const std::vector<mqtt::ReasonCode>& codes);
  void trace(const Session& session, const mqtt::Subscribe& packet,
             const std::vector<mqtt::ReasonCode>& codes) const;
  mqtt::ReasonCode check(const Session& session, std::string_view filter, Pending& pending);
  static bool at_limit(const Session& session);
  static mqtt::ReasonCode refuse_more(Pending& pending);
  /// The options of a subscription, with those that clients of MQTT 3 cannot say.
  static SubscriptionOptions options(const Session& session, const mqtt::Subscription& wanted,
                                     std::uint32_t subscription_id);
  mqtt::ReasonCode subscribe(Session& session, const mqtt::Subscription& wanted,
                             std::uint32_t subscription_id, Token token, Pending& pending,
                             std::vector<SubscribeFilter>& filters);
  /// The same for shared subscriptions.
  mqtt::ReasonCode join(Session& session, const mqtt::Subscription& wanted, std::uint32_t subscription_id,
                        Pending& pending, std::vector<SubscribeFilter>& filters);
  mqtt::ReasonCode join_exclusively(Session& session, std::string name, const mqtt::Subscription& wanted,
                                    std::uint32_t subscription_id, Pending& pending,
                                    std::vector<SubscribeFilter>& filters);
  /// It is known now what may be had; the granted ones go the way of all others from here.
  void settle_claims(Pending& pending, Token token, std::span<const std::size_t> refused);
  void settle_claim(Pending& pending, Accepted& accepted, Session* session, bool may_have);
  void join_granted(Session& session, Accepted& accepted);
  static void deny(Pending& pending, Accepted& accepted, mqtt::ReasonCode code, std::string_view text);
  /// What was granted may be lost or given up before the client is told.
  void check_memberships(Pending& pending, const Session& session);
  void finish(Pending& pending, const std::vector<std::vector<mqtt::MessagePtr>>& retained, Now now);
  void answer_operator(const Pending& pending);
  void index_claims(const Pending& pending, Token token);
  void forget_claims(const Pending& pending, Token token);
  /// Calls visit(Wish&) for what this client asks for under this name and has no SUBACK of.
  template <class Visit>
  void for_each_claim(std::string_view client_id, std::string_view name, Visit&& visit);
  bool is_claiming(std::string_view client_id, std::string_view name);
  /// False: it does not ask for it.
  bool give_up_claims(std::string_view client_id, std::string_view name);
  const SubscriptionOptions* options_of(Session& session, const std::string& filter);
  /// What the filter is for the broker: rewritten, below the mountpoint.
  std::string_view real_filter(const Session& session, std::string_view filter);
  void ask_router(Channel& channel, Token token, Pending pending, std::vector<SubscribeFilter> filters);
  mqtt::ReasonCode unsubscribe(Session& session, std::string_view filter);
  mqtt::ReasonCode leave(Session& session, std::string_view filter);
  void send_retained(Session& session, const std::string& filter,
                     const std::vector<mqtt::MessagePtr>& messages, Now now);

  World& world_;
  bool routes_changed_ = false;  ///< by an UNSUBSCRIBE: others have to know
  std::string rewritten_;        ///< of real_filter()
  std::string mounted_;
  std::map<Token, Pending> pending_;
  std::multimap<std::string, Token, std::less<>> claims_;  ///< names of what is asked for exclusively
  Token next_token_ = 1;                                   ///< odd; the even ones are publishes'
};

}  // namespace meshmq::broker
