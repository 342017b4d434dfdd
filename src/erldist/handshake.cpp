#include "erldist/handshake.hpp"

#include <openssl/evp.h>

#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "erldist/peer.hpp"

namespace meshmq::erldist {

namespace {

constexpr std::size_t digest_bytes = 16;

std::string_view step_name(bool acceptor) {
  return acceptor ? "connection attempt" : "connecting";
}

/// Not for secrecy of timing alone: equal digests of any length compare in full.
bool same_digest(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

std::string digest(std::string_view cookie, std::uint32_t challenge) {
  const std::string text = std::string(cookie) + std::to_string(challenge);
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const int ok = EVP_Digest(text.data(), text.size(), out, &size, EVP_md5(), nullptr);
  MESHMQ_ASSERT(ok == 1 && size == digest_bytes, "the distribution protocol needs MD5");
  return {reinterpret_cast<const char*>(out), size};
}

Handshake::Handshake(Identity self, std::uint32_t challenge, bool wide, Step first, Now now, Duration wait)
    : self_(std::move(self)),
      challenge_(challenge),
      wide_(wide),
      step_(first),
      wait_(wait),
      deadline_(now.mono + wait) {}

Handshake Handshake::connect(Identity self, std::string peer, std::uint32_t challenge, bool wide_lengths,
                             Now now, Duration wait) {
  Handshake h(std::move(self), challenge, wide_lengths, Step::wait_status, now, wait);
  h.called_ = std::move(peer);
  h.peer_.name = h.called_;
  std::string message;
  ByteWriter w(message);
  w.u8('N');
  w.u64(h.self_.flags);
  w.u32(h.self_.creation);
  w.bytes16(h.self_.name);
  h.send(message);
  return h;
}

Handshake Handshake::accept(Identity self, std::uint32_t challenge, bool wide_lengths, Now now,
                            Duration wait) {
  return {std::move(self), challenge, wide_lengths, Step::wait_name, now, wait};
}

std::string Handshake::take_output() {
  return std::exchange(output_, {});
}
std::string Handshake::take_rest() {
  return std::exchange(input_, {});
}

void Handshake::send(std::string_view message) {
  ByteWriter w(output_);
  if (wide_) {
    w.bytes32(message);
  } else {
    w.bytes16(message);
  }
}

void Handshake::fail_with(HandshakeError error, std::string reason) {
  if (step_ == Step::failed || step_ == Step::done) return;
  step_ = Step::failed;
  error_ = error;
  reason_ = std::move(reason);
}

bool Handshake::check_flags() {
  const std::string missing = missing_flags(peer_.flags, flag::mandatory);
  if (missing.empty()) return true;
  fail_with(HandshakeError::not_allowed,
            "node '" + peer_.name + "' rejected: it cannot handle " + missing + " (too old a version?)");
  return false;
}

// ---------------------------------------------------------------- input

void Handshake::feed(std::string_view bytes, Now now) {
  input_ += bytes;
  run(now);
}

void Handshake::run(Now now) {
  std::string_view message;
  while (step_ != Step::done && step_ != Step::failed && step_ != Step::wait_welcome &&
         next_message(message)) {
    const std::string copy(message);
    input_.erase(0, copy.size() + (wide_ ? 4 : 2));
    handle(copy);
    deadline_ = now.mono + wait_;
  }
}

bool Handshake::next_message(std::string_view& message) {
  ByteReader r(input_);
  const std::size_t size = wide_ ? r.u32() : r.u16();
  if (!r.ok()) return false;
  if (is_tls(size)) {
    fail_with(HandshakeError::speaks_tls,
              "it speaks TLS, this node does not: is cluster.proto_dist the same on both sides?");
    return false;
  }
  if (size == 0 || size > message_bytes_max) {
    fail_with(HandshakeError::malformed,
              "handshake message of " + std::to_string(size) + " bytes: this is no Erlang node");
    return false;
  }
  message = r.bytes(size);
  return r.ok();
}

/// Records of TLS begin with their kind, handshake or alert, and version 3.x: as a length too long for us.
bool Handshake::is_tls(std::size_t first_length) const {
  constexpr std::size_t tls_alert = 0x1503;
  constexpr std::size_t tls_handshake = 0x1603;
  return !wide_ && (step_ == Step::wait_name || step_ == Step::wait_status) &&
         (first_length == tls_alert || first_length == tls_handshake);
}

void Handshake::handle(std::string_view message) {
  switch (step_) {
    case Step::wait_name:
      return handle_name(message);
    case Step::wait_insist:
    case Step::wait_status:
      return handle_status(message);
    case Step::wait_challenge:
      return handle_challenge(message);
    case Step::wait_complement:
    case Step::wait_reply:
      return handle_reply(message);
    case Step::wait_ack:
      return handle_ack(message);
    case Step::wait_welcome:
    case Step::done:
    case Step::failed:
      return;
  }
}

void Handshake::handle_name(std::string_view message) {
  ByteReader r(message);
  const char kind = static_cast<char>(r.u8());
  if (kind == 'N') {
    peer_.flags = r.u64();
    peer_.creation = r.u32();
    peer_.name = r.bytes16();
  } else if (kind == 'n') {
    const std::uint16_t version = r.u16();
    if (version != 5) {
      return fail_with(HandshakeError::malformed, "handshake of unknown version " + std::to_string(version));
    }
    peer_.flags = r.u32();
    peer_.name = r.rest();
    old_caller_ = true;
  } else {
    return fail_with(HandshakeError::malformed, "handshake begins with garbage: this is no Erlang node");
  }
  if (!r.ok() || !parse_node_name(peer_.name)) {
    return fail_with(HandshakeError::malformed, "handshake with a malformed node name");
  }
  step_ = Step::wait_welcome;
}

void Handshake::welcome(Welcome decision, Now now) {
  MESHMQ_ASSERT(wants_welcome(), "nobody asked");
  deadline_ = now.mono + wait_;
  if (decision == Welcome::not_allowed || !missing_flags(peer_.flags, flag::mandatory).empty()) {
    send("snot_allowed");
    if (!check_flags()) return;
    return fail_with(HandshakeError::not_allowed, "node '" + peer_.name + "' rejected: not allowed");
  }
  switch (decision) {
    case Welcome::ok:
      send("sok");
      break;
    case Welcome::ok_simultaneous:
      send("sok_simultaneous");
      break;
    case Welcome::nok:
      send("snok");
      return fail_with(HandshakeError::simultaneous,
                       "node '" + peer_.name + "' called while we were calling it");
    case Welcome::alive:
      send("salive");
      step_ = Step::wait_insist;
      return run(now);
    case Welcome::duplicate:
      send("sduplicate");
      return fail_with(HandshakeError::duplicate,
                       "node '" + peer_.name + "' rejected: duplicate name, a live node of it is connected");
    case Welcome::not_allowed:
      return;
  }
  send_challenge();
  run(now);
}

void Handshake::handle_status(std::string_view message) {
  const std::string_view status = message.substr(1);
  if (message[0] != 's')
    return fail_with(HandshakeError::malformed, "handshake of '" + peer_.name + "': no status");
  if (step_ == Step::wait_insist) {
    if (status == "true") return send_challenge();
    return fail_with(HandshakeError::duplicate, "node '" + peer_.name + "' is connected already");
  }
  if (status == "ok" || status == "ok_simultaneous") {
    step_ = Step::wait_challenge;
  } else if (status == "alive") {
    // It believes in a connection that we know nothing of: that one is dead.
    send("strue");
    step_ = Step::wait_challenge;
  } else if (status == "nok") {
    fail_with(HandshakeError::simultaneous, "node '" + peer_.name + "' is calling us at the same time");
  } else if (status == "duplicate") {
    fail_with(HandshakeError::duplicate,
              "node '" + peer_.name + "' is connected to a live node of the same name as this one");
  } else if (status == "not_allowed") {
    fail_with(HandshakeError::not_allowed, "node '" + peer_.name + "' does not allow this node to connect");
  } else {
    fail_with(HandshakeError::malformed, "node '" + peer_.name + "' answers with an unknown status");
  }
}

void Handshake::send_challenge() {
  std::string message;
  ByteWriter w(message);
  if (old_caller_ && (peer_.flags & flag::handshake_23) == 0) {
    w.u8('n');
    w.u16(5);
    w.u32(static_cast<std::uint32_t>(self_.flags));
    w.u32(challenge_);
    w.bytes(self_.name);
    step_ = Step::wait_reply;
  } else {
    w.u8('N');
    w.u64(self_.flags);
    w.u32(challenge_);
    w.u32(self_.creation);
    w.bytes16(self_.name);
    step_ = old_caller_ ? Step::wait_complement : Step::wait_reply;
  }
  send(message);
}

void Handshake::handle_challenge(std::string_view message) {
  ByteReader r(message);
  const char kind = static_cast<char>(r.u8());
  std::uint32_t their_challenge = 0;
  if (kind == 'N') {
    peer_.flags = r.u64();
    their_challenge = r.u32();
    peer_.creation = r.u32();
    peer_.name = r.bytes16();
  } else if (kind == 'n') {
    r.u16();
    peer_.flags = r.u32();
    their_challenge = r.u32();
    peer_.name = r.rest();
  }
  if (!r.ok() || (kind != 'N' && kind != 'n')) {
    return fail_with(HandshakeError::malformed, "handshake of '" + called_ + "': malformed challenge");
  }
  if (peer_.name != called_) {
    return fail_with(HandshakeError::wrong_name,
                     "node '" + called_ + "' was called, but '" + peer_.name + "' answers there");
  }
  if (!check_flags()) return;
  std::string reply;
  ByteWriter w(reply);
  w.u8('r');
  w.u32(challenge_);
  w.bytes(digest(self_.cookie, their_challenge));
  send(reply);
  step_ = Step::wait_ack;
}

void Handshake::handle_reply(std::string_view message) {
  ByteReader r(message);
  const char kind = static_cast<char>(r.u8());
  if (step_ == Step::wait_complement) {
    if (kind != 'c')
      return fail_with(HandshakeError::malformed, "handshake of '" + peer_.name + "': no complement");
    peer_.flags |= static_cast<std::uint64_t>(r.u32()) << 32;
    peer_.creation = r.u32();
    step_ = Step::wait_reply;
    return;
  }
  const std::uint32_t their_challenge = r.u32();
  const std::string_view answer = r.bytes(digest_bytes);
  if (kind != 'r' || !r.ok()) {
    return fail_with(HandshakeError::malformed, "handshake of '" + peer_.name + "': malformed reply");
  }
  if (!same_digest(answer, digest(self_.cookie, challenge_))) {
    return fail_with(HandshakeError::cookie_refused,
                     "** Connection attempt from node '" + peer_.name +
                         "' rejected. Invalid challenge reply. ** It has another cookie");
  }
  std::string ack = "a" + digest(self_.cookie, their_challenge);
  send(ack);
  step_ = Step::done;
}

void Handshake::handle_ack(std::string_view message) {
  if (message[0] != 'a' || !same_digest(message.substr(1), digest(self_.cookie, challenge_))) {
    return fail_with(HandshakeError::cookie_refused, "node '" + peer_.name + "' does not know our cookie");
  }
  step_ = Step::done;
}

// ---------------------------------------------------------------- time and ends

void Handshake::tick(Now now) {
  if (step_ == Step::done || step_ == Step::failed || now.mono < deadline_) return;
  const bool acceptor = called_.empty();
  fail_with(HandshakeError::timed_out, std::string(step_name(acceptor)) + (acceptor ? " of " : " to ") +
                                           (peer_.name.empty() ? "an unknown node" : "'" + peer_.name + "'") +
                                           " timed out in the handshake");
}

void Handshake::closed() {
  // Whoever gets a wrong digest just closes: after our reply that is the only likely reason.
  if (step_ == Step::wait_ack) {
    return fail_with(HandshakeError::cookie_refused, "node '" + peer_.name + "' refused our cookie");
  }
  fail_with(HandshakeError::malformed, (peer_.name.empty() ? "the peer" : "node '" + peer_.name + "'") +
                                           std::string(" closed the connection in the handshake"));
}

}  // namespace meshmq::erldist
