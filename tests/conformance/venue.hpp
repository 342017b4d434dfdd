#pragma once
// Where the cases of a script are played: a broker without a network, or real nodes.

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "conformance/fields.hpp"
#include "conformance/script.hpp"
#include "mqtt/types.hpp"

namespace meshmq::conformance {

/// This venue cannot show what the case needs: the case is left out here.
class NotHere : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How long to look for what has come.
enum class Look : std::uint8_t {
  now,    ///< what is there
  hope,   ///< until there is something
  doubt,  ///< until it is likely that nothing comes any more
};

/// One connection as its client sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void send(std::string_view bytes) = 0;
  /// Another version than that which it was opened with, before CONNECT.
  virtual void speak(mqtt::Version version) = 0;
  /// What has come since the last call: a line for each packet, and `closed` or `closed: why` at the end.
  virtual std::vector<std::string> receive(Look look) = 0;
  virtual bool is_closed() const = 0;
  /// The network is gone.
  virtual void vanish() = 0;
};

/// Fails with ScriptError if the script is wrong, with NotHere if the venue is.
class Venue {
 public:
  virtual ~Venue() = default;
  /// Throws NotHere if the case cannot be shown.
  virtual void prepare(const Case&) {}
  /// Before the first client.
  virtual void configure(std::string_view key, std::string_view value) = 0;
  virtual Connection& open(mqtt::Version version) = 0;
  virtual void wait(Duration duration) = 0;
  /// What the node says of the client that waits, in enhanced authentication.
  virtual void admit(Fields fields) = 0;
};

Duration to_duration(std::string_view text);

}  // namespace meshmq::conformance
