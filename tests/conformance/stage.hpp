#pragma once
// Plays one case of a script.

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "conformance/fields.hpp"
#include "conformance/script.hpp"
#include "conformance/venue.hpp"

namespace meshmq::conformance {

/// Invariant: what the broker sends to a client is either expected by a line of the script, or the case
/// fails. Throws ScriptError with the line, what was expected and what came.
class Stage {
 public:
  Stage(const Script& script, Venue& venue) : script_(script), venue_(venue) {}

  void play(const Case& one);

 private:
  /// A client of the script and its connection of the moment.
  struct Actor {
    Connection* connection = nullptr;
    mqtt::Version version = mqtt::Version::v5;
    std::string kept_back;             ///< bytes that leave together with the next packet
    std::deque<std::string> received;  ///< lines that no step has taken
    bool gone = true;                  ///< the script has seen the end of the connection
  };

  void step(std::string_view text);
  void act(const std::string& name, std::string_view what);
  void configure(std::string_view setting);
  void send(Actor& actor, std::string_view packet);
  void expect(Actor& actor, std::string_view packet);
  void expect_closed(Actor& actor, std::string_view reason);
  void expect_nothing(Actor& actor);
  void connect(const std::string& name, Actor& actor, std::string_view fields);
  void subscribe(Actor& actor, std::string_view fields);
  void expect_nothing_left();
  static void collect(Actor& actor, Look look);
  Actor& connected(Actor& actor);

  const Script& script_;
  Venue& venue_;
  std::map<std::string, Actor> actors_;
  Variables variables_;
};

}  // namespace meshmq::conformance
