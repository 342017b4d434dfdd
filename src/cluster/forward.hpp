#pragma once
// The hop between nodes: messages from one worker to one node, numbered, acknowledged and resent after a
// reconnect. Messages are opaque bytes here. Wire format: docs/wire/forward-v1.md.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace meshmq::cluster {

/// Names a publish that waits for an acknowledgement; 0 = nobody waits.
using ForwardToken = std::uint64_t;

/// First frame of the sender on a fresh link.
struct ForwardHello {
  std::uint16_t version = 1;
  std::uint64_t incarnation = 0;  ///< of the sender: its numbers start anew with it
  std::string node;
  std::uint16_t worker = 0;
};

/// Sending side. Numbered messages stay until acknowledged; a fresh link resends those that the receiver does
/// not have. Thread rule: one owner. Limit: the owner asks queued_bytes() and stops feeding above its high
/// watermark; numbered messages older than `keep` are dropped while the link is down.
class ForwardSender {
 public:
  ForwardSender(ForwardHello hello, Duration keep) : hello_(std::move(hello)), keep_(keep) {}

  /// Appends a message that may be lost with the link. `encode(std::string&)` appends its bytes. `shared`:
  /// the receiver is told that picks for shared groups precede it.
  template <class Encode>
  void push_unnumbered(bool shared, Encode&& encode) {
    append(false, shared, encode);
  }
  /// Appends a message that must arrive. Returns its number.
  template <class Encode>
  std::uint64_t push_numbered(ForwardToken token, bool shared, Now now, Encode&& encode) {
    const std::size_t at = append(true, shared, encode);
    ++next_seq_;
    unacknowledged_.push_back({batch_.substr(at), token, now.mono});
    unacknowledged_bytes_ += unacknowledged_.back().bytes.size();
    if (!ready_) batch_.resize(at);  // welcome() brings it back
    return next_seq_ - 1;
  }

  /// The link is open: returns the frame to send first. Nothing else may be sent before welcome().
  std::string link_up(WallMillis sent_at = 0);
  void link_down();
  /// The receiver said how far it has come; returns the tokens of what turned out to have arrived.
  /// Afterwards take_frame() returns what must be resent.
  std::vector<ForwardToken> welcome(std::uint64_t last_received);
  /// The receiver has everything up to `seq`; returns the tokens that this settles.
  std::vector<ForwardToken> acknowledge(std::uint64_t seq);

  /// What waits to be sent, as one frame of about `frame_bytes` at most: call it until it is empty, which it
  /// is if nothing waits or the link is not ready. `sent_at` tells the receiver how our clock differs from
  /// its own.
  std::string take_frame(WallMillis sent_at = 0);
  static constexpr std::size_t frame_bytes = 1024 * 1024;

  /// Drops what has waited longer than `keep` for a link. Returns the tokens, 0 for messages without one: the
  /// size is the number of messages dropped, those withdrawn not counted.
  std::vector<ForwardToken> expire(Now now);
  /// Drops everything (the node is no member any more).
  std::vector<ForwardToken> clear();

  /// A shared message without acknowledgement, as it stands in the sender's memory.
  struct Unacknowledged {
    std::string_view bytes;
    ForwardToken token;
    TimePoint since;
    bool sent;  ///< the receiver may have it
  };
  /// While the link is down: `decide(Unacknowledged)` returns nothing to leave a message as it is, or the
  /// bytes of an ordinary message to send in its place. Empty ones only use up the number; their token is the
  /// caller's from now on.
  template <class Decide>
  void withdraw_shared(Decide&& decide) {
    ready_ = false;
    std::uint64_t seq = next_seq_ - unacknowledged_.size();
    for (Numbered& message : unacknowledged_) {
      const std::uint64_t number = seq++;
      if (!is_shared(message.bytes)) continue;
      const Unacknowledged view{content(message.bytes), message.token, message.since, number <= sent_until_};
      const std::optional<std::string> instead = decide(view);
      if (!instead) continue;
      if (instead->empty()) message.token = 0;
      unacknowledged_bytes_ -= message.bytes.size();
      message.bytes = ordinary_message(*instead);
      unacknowledged_bytes_ += message.bytes.size();
    }
  }

  bool ready() const { return ready_; }
  /// Since when the one that waits longest has waited.
  std::optional<TimePoint> oldest_unacknowledged() const {
    return unacknowledged_.empty() ? std::nullopt : std::optional(unacknowledged_.front().since);
  }
  /// Messages waiting in the batch or for an acknowledgement, in bytes.
  std::size_t queued_bytes() const { return batch_.size() + unacknowledged_bytes_; }
  std::size_t unacknowledged() const { return unacknowledged_.size(); }

 private:
  struct Numbered {
    std::string bytes;  ///< as they stand in a batch
    ForwardToken token;
    TimePoint since;
  };

  template <class Encode>
  std::size_t append(bool numbered, bool shared, Encode&& encode) {
    const std::size_t at = batch_.size();
    begin_message(numbered, shared);
    encode(batch_);
    end_message(at);
    return at;
  }
  void begin_message(bool numbered, bool shared);
  static bool is_shared(std::string_view bytes);
  static std::string_view content(std::string_view bytes);
  static std::string ordinary_message(std::string_view bytes);
  struct Piece {
    std::size_t bytes = 0;
    std::uint64_t numbered = 0;
  };
  Piece next_piece() const;
  void end_message(std::size_t at);
  std::vector<ForwardToken> pop_until(std::uint64_t seq);

  ForwardHello hello_;
  Duration keep_;
  bool ready_ = false;
  std::string batch_;                  ///< messages of this turn, encoded
  std::size_t batch_taken_ = 0;        ///< bytes of it, by take_frame()
  std::uint64_t next_seq_ = 1;         ///< number of the next numbered message
  std::uint64_t batch_first_seq_ = 1;  ///< number of the first numbered message in the batch
  std::uint64_t sent_until_ = 0;       ///< number of the last numbered message that was in a frame
  std::deque<Numbered> unacknowledged_;
  std::size_t unacknowledged_bytes_ = 0;
};

/// What the receiving side remembers of one sender (node, worker) across links.
struct ForwardOrigin {
  std::uint64_t incarnation = 0;
  std::uint64_t last_seq = 0;
};

/// One frame of a forwarding link, taken apart. Views point into the frame.
struct ForwardFrame {
  enum class Kind : std::uint8_t { hello = 1, welcome = 2, messages = 3, acknowledge = 4 };
  Kind kind;
  ForwardHello hello;      ///< for hello
  std::uint64_t seq = 0;   ///< for welcome, acknowledge; for messages: number of the first numbered one
  WallMillis sent_at = 0;  ///< for hello and messages: by the sender's clock
  struct Message {
    bool numbered;
    bool shared;             ///< begins with picks for shared groups
    std::string_view bytes;  ///< empty: withdrawn, only its number counts
  };
  std::vector<Message> messages;
};

Result<ForwardFrame> decode_forward_frame(std::string_view bytes);
/// Receiver's answers.
std::string encode_forward_welcome(std::uint64_t last_received);
std::string encode_forward_acknowledge(std::uint64_t seq);

}  // namespace meshmq::cluster
