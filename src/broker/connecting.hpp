#pragma once
// CONNECT: whether, as whom, and with which session a client comes in.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/authenticating.hpp"
#include "broker/closing.hpp"
#include "broker/presence.hpp"
#include "broker/session_life.hpp"
#include "broker/subscribing.hpp"
#include "broker/world.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/packet.hpp"

namespace meshmq::broker {

/// [MQTT5 3.1] The newest connection of a client id wins, nobody is refused for an older one. Thread rule:
/// one owner.
class Connecting {
 public:
  Connecting(World& world, Subscribing& subscribing, SessionLife& life, Closing& closing,
             Authenticating& authenticating, Presence& presence)
      : world_(world),
        subscribing_(subscribing),
        life_(life),
        closing_(closing),
        authenticating_(authenticating),
        presence_(presence),
        id_key_(world.random.next()) {}

  /// `bytes` are the packet as it came. Leaves the channel connected, closed, or moved, or it waits.
  void handle(Channel& channel, mqtt::Connect packet, std::string_view bytes, Now now);
  /// Answer to Router::claim(). `superseded`: a newer connection of this id came in elsewhere meanwhile.
  /// Returns the channel if its CONNECT is to be handled again, otherwise nullptr.
  Channel* claim_done(Token token, bool superseded, bool left_behind, Now now);
  /// Answer to Router::hold().
  void session_known(Token token);
  /// The first packet could not be read.
  void handle_broken(Channel& channel, const mqtt::DecodeResult& result, Now now);

 private:
  struct Refusal {
    mqtt::ReasonCode reason = mqtt::ReasonCode::success;
    std::string_view text;
    CloseReason close = CloseReason::protocol_error;
  };

  /// As whom the client comes in, whatever it calls itself.
  static void identify(const Channel& channel, mqtt::Connect& packet);
  /// Reason success: nothing speaks against it.
  static Refusal check(const Config& config, const mqtt::Connect& packet);
  static Refusal check_will(const Config& config, const mqtt::Will& will);
  /// False: the channel waits, or has been closed.
  bool admit(Channel& channel, const mqtt::Connect& packet, std::string_view client_id,
             std::string_view bytes, Now now);
  void refuse(Channel& channel, const Refusal& refusal, mqtt::Version version, Now now);
  void trace_connected(const Session& session, const mqtt::Connect& packet, bool present) const;
  WorkerIndex home_of(std::string_view client_id) const;
  /// [MQTT-3.1.3-6] One whose home is this worker, so that it can be resumed here.
  std::string assign_client_id();
  static void remember_messages(Session& session);

  struct Found {
    Session& session;
    bool present;  ///< [MQTT-3.2.2-2], [MQTT-3.2.2-3]
  };
  /// Says that the session is here; until others know it, the client hears nothing.
  void hold(Channel& channel, bool clean_start);
  /// False: the channel waits for an answer.
  bool claim(Channel& channel, const mqtt::Connect& packet);
  Found find_session(std::string_view client_id, bool clean_start, Now now);
  void configure(Session& session, Channel& channel, const mqtt::Connect& packet, Now now);
  /// Nothing if topics are for this client what they are.
  std::unique_ptr<TopicView> make_view(const Config& config, const Session& session,
                                       std::uint16_t topic_alias_max);
  /// All but whether the session was there. `assigned_client_id`: empty if the client brought one.
  static mqtt::Connack make_connack(const Config& config, const mqtt::Connect& packet,
                                    std::string_view assigned_client_id);

  World& world_;
  Subscribing& subscribing_;
  SessionLife& life_;
  Closing& closing_;
  Authenticating& authenticating_;
  Presence& presence_;
  std::uint64_t id_key_;
  std::string_view handled_id_;  ///< client id of the CONNECT that is handled now
  /// The channel that a token names; nullptr: it is gone.
  Channel* take_waiting(Token token);
  struct Waiting {
    ConnId conn;
    std::uint32_t generation = 0;
  };
  std::unordered_map<Token, Waiting> waiting_;  ///< for answers of the router
  Token next_token_ = 1;
};

}  // namespace meshmq::broker
