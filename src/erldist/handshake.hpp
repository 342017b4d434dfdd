#pragma once
// The distribution handshake of both sides, as bytes in and bytes out.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace meshmq::erldist {

/// What we say about ourselves.
struct Identity {
  std::string name;
  std::string cookie;
  std::uint64_t flags = 0;
  std::uint32_t creation = 0;
};

/// What the other side said about itself.
struct RemoteIdentity {
  std::string name;
  std::uint64_t flags = 0;
  std::uint32_t creation = 0;
};

/// Why a handshake ended without a connection.
enum class HandshakeError : std::uint8_t {
  none,
  malformed,       ///< not the bytes of this protocol
  speaks_tls,      ///< the bytes of TLS, where nobody expects it
  wrong_name,      ///< the node that answers is not the one that was called
  not_allowed,     ///< flags are missing, or the other side does not want us
  duplicate,       ///< the other side is connected to a node of our name
  simultaneous,    ///< both called; the other call goes on
  cookie_refused,  ///< either digest was wrong
  timed_out,
};

/// What an acceptor does about a node that calls.
enum class Welcome : std::uint8_t {
  ok,
  ok_simultaneous,  ///< we were calling too and give up our attempt
  nok,              ///< we are calling too and go on with our attempt
  not_allowed,
  alive,      ///< there is a connection already: the caller may insist on replacing it
  duplicate,  ///< a live node of the caller's name is connected; a status that only our own nodes get
};

/// Steps:  A connects to B, each message behind a length of 2 bytes (TLS: 4).
///
///     A                                B
///     name, flags        ------>                        (asks its owner: welcome())
///                        <------       status
///     [status true]      ------>                        (only after `alive`)
///                        <------       challenge, flags, name
///     [complement]       ------>                        (only if A is of the old kind)
///     reply, challenge   ------>
///                        <------       ack
///
/// A wrong digest is answered by silence and a closed connection. Thread rule: one owner.
/// Limits: `message_bytes_max` per message, `wait` per step.
class Handshake {
 public:
  static constexpr std::size_t message_bytes_max = 1024;
  static constexpr Duration step_wait = std::chrono::seconds(7);

  /// `challenge` must be unpredictable.
  static Handshake connect(Identity self, std::string peer, std::uint32_t challenge, bool wide_lengths,
                           Now now, Duration wait = step_wait);
  static Handshake accept(Identity self, std::uint32_t challenge, bool wide_lengths, Now now,
                          Duration wait = step_wait);

  /// Takes bytes; sends what take_output() returns.
  void feed(std::string_view bytes, Now now);
  /// The answer to wants_welcome().
  void welcome(Welcome decision, Now now);
  void tick(Now now);
  /// The connection was closed by the other side.
  void closed();

  std::string take_output();
  /// An acceptor has learned peer().name and waits for welcome().
  bool wants_welcome() const { return step_ == Step::wait_welcome; }
  bool done() const { return step_ == Step::done; }
  bool failed() const { return step_ == Step::failed; }
  HandshakeError error() const { return error_; }
  /// For the log: names the peer where it is known.
  const std::string& reason() const { return reason_; }
  const RemoteIdentity& peer() const { return peer_; }
  /// Bytes behind the handshake that came with its last message.
  std::string take_rest();

 private:
  enum class Step : std::uint8_t {
    wait_name,
    wait_welcome,
    wait_insist,  ///< we said `alive`
    wait_status,
    wait_challenge,
    wait_complement,
    wait_reply,
    wait_ack,
    done,
    failed,
  };

  Handshake(Identity self, std::uint32_t challenge, bool wide, Step first, Now now, Duration wait);
  void run(Now now);
  bool next_message(std::string_view& message);
  void handle(std::string_view message);
  void handle_name(std::string_view message);
  void handle_status(std::string_view message);
  void handle_challenge(std::string_view message);
  void handle_reply(std::string_view message);
  void handle_ack(std::string_view message);
  void send(std::string_view message);
  void send_challenge();
  void fail_with(HandshakeError error, std::string reason);
  bool check_flags();
  bool is_tls(std::size_t first_length) const;

  Identity self_;
  std::uint32_t challenge_;
  bool wide_;
  Step step_;
  Duration wait_;
  TimePoint deadline_;
  RemoteIdentity peer_;
  std::string called_;  ///< connector: whom we called
  bool old_caller_ = false;
  std::string input_;
  std::string output_;
  HandshakeError error_ = HandshakeError::none;
  std::string reason_;
};

/// MD5(cookie, challenge in decimal).
std::string digest(std::string_view cookie, std::uint32_t challenge);

}  // namespace meshmq::erldist
