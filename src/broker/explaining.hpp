#pragma once
// Walks the way of a message that nobody has published, and says what would become of it.

#include <string>
#include <string_view>
#include <vector>

#include "broker/explain.hpp"
#include "broker/world.hpp"

namespace meshmq::broker {

/// Changes and counts nothing. Thread rule: the world's owner.
class Explaining {
 public:
  explicit Explaining(World& world) : world_(world) {}

  /// Topic, rules and rewriting. The last step `topic` of a good way holds the topic that is routed.
  std::vector<ExplainStep> publish(const ExplainQuestion& question, Now now);
  /// Session, subscriptions, window, queue and limits; `topic` is the one that is routed. Empty if there is
  /// no session.
  std::vector<ExplainStep> delivery(const ExplainQuestion& question, Now now);

 private:
  /// The subscriptions of a session that the topic matches.
  struct Matched {
    std::vector<std::string> filters;
    bool ordinary = false;  ///< one of them is not shared
    bool own = false;       ///< it wants nothing of its own, and is the publisher
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    std::vector<const SharedGroup*> groups;
  };

  void add(std::string_view step, bool ok, std::string text);
  Matched match(Session& session, const ExplainQuestion& question) const;
  void say_session(const Session& session, Now now);
  bool say_subscriptions(Session& session, const ExplainQuestion& question, const Matched& matched);
  void say_groups(const Matched& matched);
  void say_access(Session& session, const Matched& matched);
  void say_way_out(const Session& session, std::string_view topic, mqtt::QoS qos);

  World& world_;
  std::vector<ExplainStep> steps_;
};

}  // namespace meshmq::broker
