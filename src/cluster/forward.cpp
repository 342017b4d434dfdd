#include "cluster/forward.hpp"

#include <limits>

#include "base/bytes.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::uint8_t message_numbered = 0x01;
constexpr std::uint8_t message_shared = 0x02;

/// A message in a batch: u8 flags, u32 length, bytes.
constexpr std::size_t message_header = 5;

std::string frame_head(ForwardFrame::Kind kind) {
  return std::string(1, static_cast<char>(kind));
}

}  // namespace

void ForwardSender::begin_message(bool numbered, bool shared) {
  ByteWriter w(batch_);
  w.u8(static_cast<std::uint8_t>((numbered ? message_numbered : 0) | (shared ? message_shared : 0)));
  w.u32(0);
}

bool ForwardSender::is_shared(std::string_view bytes) {
  return (static_cast<std::uint8_t>(bytes[0]) & message_shared) != 0;
}

std::string_view ForwardSender::content(std::string_view bytes) {
  return bytes.substr(message_header);
}

std::string ForwardSender::ordinary_message(std::string_view content) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(message_numbered);
  w.u32(static_cast<std::uint32_t>(content.size()));
  w.bytes(content);
  return bytes;
}

void ForwardSender::end_message(std::size_t at) {
  ByteWriter(batch_).patch_u32(at + 1, static_cast<std::uint32_t>(batch_.size() - at - message_header));
}

std::string ForwardSender::link_up(WallMillis sent_at) {
  ready_ = false;
  std::string frame = frame_head(ForwardFrame::Kind::hello);
  ByteWriter w(frame);
  w.u16(hello_.version);
  w.u64(hello_.incarnation);
  w.bytes16(hello_.node);
  w.u16(hello_.worker);
  w.u64(static_cast<std::uint64_t>(sent_at));
  return frame;
}

void ForwardSender::link_down() {
  ready_ = false;
}

std::vector<ForwardToken> ForwardSender::welcome(std::uint64_t last_received) {
  auto settled = pop_until(last_received);
  ready_ = true;
  // What was under way is sent again, in order, before anything new; what was never numbered is gone with its
  // link, except what has gathered in the batch since.
  std::string again;
  for (const Numbered& message : unacknowledged_) again += message.bytes;
  std::string unnumbered;
  ByteReader r(batch_);
  while (!r.at_end()) {
    const std::string_view rest = r.rest();
    const bool numbered = (r.u8() & message_numbered) != 0;
    const std::size_t size = r.u32();
    r.bytes(size);
    if (!numbered) unnumbered += rest.substr(0, message_header + size);
  }
  batch_first_seq_ = next_seq_ - unacknowledged_.size();
  batch_ = std::move(again) + unnumbered;
  batch_taken_ = 0;
  return settled;
}

std::vector<ForwardToken> ForwardSender::pop_until(std::uint64_t seq) {
  std::vector<ForwardToken> settled;
  while (!unacknowledged_.empty() && next_seq_ - unacknowledged_.size() <= seq) {
    const Numbered& message = unacknowledged_.front();
    if (message.token != 0) settled.push_back(message.token);
    unacknowledged_bytes_ -= message.bytes.size();
    unacknowledged_.pop_front();
  }
  return settled;
}

std::vector<ForwardToken> ForwardSender::acknowledge(std::uint64_t seq) {
  return pop_until(seq);
}

ForwardSender::Piece ForwardSender::next_piece() const {
  const std::string_view rest = std::string_view(batch_).substr(batch_taken_);
  if (rest.size() <= frame_bytes) return {rest.size(), next_seq_ - batch_first_seq_};
  Piece piece;
  ByteReader r(rest);
  while (!r.at_end() && piece.bytes < frame_bytes) {
    if ((r.u8() & message_numbered) != 0) ++piece.numbered;
    const std::size_t size = r.u32();
    r.bytes(size);
    piece.bytes += message_header + size;
  }
  return piece;
}

std::string ForwardSender::take_frame(WallMillis sent_at) {
  if (!ready_ || batch_.empty()) return {};
  const Piece piece = next_piece();
  std::string frame = frame_head(ForwardFrame::Kind::messages);
  ByteWriter w(frame);
  w.u64(batch_first_seq_);
  w.u64(static_cast<std::uint64_t>(sent_at));
  frame.append(batch_, batch_taken_, piece.bytes);
  batch_taken_ += piece.bytes;
  batch_first_seq_ += piece.numbered;
  sent_until_ = batch_first_seq_ - 1;
  if (batch_taken_ == batch_.size()) {
    batch_.clear();
    batch_taken_ = 0;
  }
  return frame;
}

std::vector<ForwardToken> ForwardSender::expire(Now now) {
  std::vector<ForwardToken> dropped;
  if (ready_) return dropped;
  while (!unacknowledged_.empty() && unacknowledged_.front().since + keep_ <= now.mono) {
    if (!content(unacknowledged_.front().bytes).empty()) dropped.push_back(unacknowledged_.front().token);
    unacknowledged_bytes_ -= unacknowledged_.front().bytes.size();
    unacknowledged_.pop_front();
  }
  return dropped;
}

std::vector<ForwardToken> ForwardSender::clear() {
  std::vector<ForwardToken> dropped;
  for (const Numbered& message : unacknowledged_) {
    if (!content(message.bytes).empty()) dropped.push_back(message.token);
  }
  unacknowledged_.clear();
  unacknowledged_bytes_ = 0;
  batch_.clear();
  batch_taken_ = 0;
  batch_first_seq_ = next_seq_;
  return dropped;
}

Result<ForwardFrame> decode_forward_frame(std::string_view bytes) {
  ByteReader r(bytes);
  ForwardFrame frame{};
  frame.kind = static_cast<ForwardFrame::Kind>(r.u8());
  switch (frame.kind) {
    case ForwardFrame::Kind::hello:
      frame.hello.version = r.u16();
      frame.hello.incarnation = r.u64();
      frame.hello.node = r.bytes16();
      frame.hello.worker = r.u16();
      frame.sent_at = static_cast<WallMillis>(r.u64());
      break;
    case ForwardFrame::Kind::welcome:
    case ForwardFrame::Kind::acknowledge:
      frame.seq = r.u64();
      break;
    case ForwardFrame::Kind::messages:
      frame.seq = r.u64();
      frame.sent_at = static_cast<WallMillis>(r.u64());
      while (r.ok() && !r.at_end()) {
        const std::uint8_t flags = r.u8();
        const std::string_view message = r.bytes32();
        if (!r.ok()) break;
        frame.messages.push_back({(flags & message_numbered) != 0, (flags & message_shared) != 0, message});
      }
      break;
    default:
      return fail(Errc::unsupported, "forwarding frame of unknown kind");
  }
  if (!r.ok()) return fail(Errc::malformed, "forwarding frame is cut short");
  return frame;
}

std::string encode_forward_welcome(std::uint64_t last_received) {
  std::string frame = frame_head(ForwardFrame::Kind::welcome);
  ByteWriter(frame).u64(last_received);
  return frame;
}

std::string encode_forward_acknowledge(std::uint64_t seq) {
  std::string frame = frame_head(ForwardFrame::Kind::acknowledge);
  ByteWriter(frame).u64(seq);
  return frame;
}

}  // namespace meshmq::cluster
