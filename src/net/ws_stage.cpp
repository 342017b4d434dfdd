#include "net/ws_stage.hpp"

#include <fmt/format.h>

#include <utility>

namespace meshmq::net {

using front::WsCode;
using front::WsEvent;
using front::WsOpcode;

namespace {

/// Shorter messages are not worth it: an acknowledgement would grow.
constexpr std::size_t compress_bytes_min = 16;

std::string_view view(const iovec& part) {
  return {static_cast<const char*>(part.iov_base), part.iov_len};
}

std::size_t size_of(std::span<const iovec> parts) {
  std::size_t size = 0;
  for (const iovec& part : parts) size += part.iov_len;
  return size;
}

}  // namespace

WsStage::WsStage(std::shared_ptr<const WsOptions> options)
    : options_(std::move(options)), reader_(options_->max_frame_size) {}
WsStage::~WsStage() = default;

// ---------------------------------------------------------------- in

StageStatus WsStage::receive(std::string_view& bytes, StageIo& io) {
  if (state_ == State::handshake && !shake_hands(bytes, io)) return status();
  return read_frames(bytes, io);
}

StageStatus WsStage::status() const {
  switch (state_) {
    case State::handshake:
      return StageStatus::handshake;
    case State::open:
      return StageStatus::ready;
    case State::closed:
      return StageStatus::closed;
    case State::failed:
      break;
  }
  return StageStatus::failed;
}

bool WsStage::shake_hands(std::string_view& bytes, StageIo& io) {
  const std::size_t before = request_.size();
  request_.append(bytes.substr(0, front::upgrade_bytes_max - before));
  const std::size_t taken = request_.size() - before;
  const auto end = front::find_upgrade_end(request_, before);
  if (!end) {
    bytes.remove_prefix(taken);
    if (!front::may_be_upgrade(request_)) return refuse(front::refuse_no_http(), io);
    return request_.size() >= front::upgrade_bytes_max && refuse(front::refuse_too_long(), io);
  }
  bytes.remove_prefix(*end - before);
  request_.resize(*end);
  const front::UpgradeAnswer answer = front::answer_upgrade(request_, options_->upgrade);
  if (!answer.accepted) return refuse(answer, io);
  io.down += answer.response;
  peername_ = answer.peername;
  if (answer.deflate) {
    compression_ = std::make_unique<Compression>(*answer.deflate);
    reader_.allow_compression();
  }
  std::string().swap(request_);
  state_ = State::open;
  return true;
}

bool WsStage::refuse(const front::UpgradeAnswer& answer, StageIo& io) {
  io.down += answer.response;
  error_ = answer.error;
  state_ = State::failed;
  return false;
}

StageStatus WsStage::read_frames(std::string_view& bytes, StageIo& io) {
  while (state_ == State::open && io.up.size() < StageIo::up_bytes_max) {
    if (inflating()) {
      inflate(io);
      continue;
    }
    const std::size_t before = io.up.size();
    switch (reader_.read(bytes, io.up)) {
      case WsEvent::more:
        return status();
      case WsEvent::data:
        on_data(before, io);
        break;
      case WsEvent::control:
        on_control(io);
        break;
      case WsEvent::failed:
        fail(reader_.code(), reader_.error(), io.down);
        break;
    }
  }
  return status();
}

void WsStage::on_data(std::size_t before, StageIo& io) {
  if (!reader_.compressed()) return;
  Compression& c = *compression_;
  if (c.message_ended) c.plain = 0;
  c.packed.assign(io.up, before);
  io.up.resize(before);
  c.message_ended = reader_.message_ended();
  inflate(io);
}

/// Whether there is more to come of what the client has sent already.
bool WsStage::inflating() const {
  if (!compression_) return false;
  const Compression& c = *compression_;
  return !c.packed.empty() || c.inflator.full() || (c.message_ended && !c.inflator.finished());
}

void WsStage::inflate(StageIo& io) {
  Compression& c = *compression_;
  const std::size_t before = io.up.size();
  std::string_view packed = c.packed;
  bool good = true;
  if (!packed.empty() || !c.message_ended) good = c.inflator.inflate(packed, io.up, StageIo::up_bytes_max);
  const bool rest = !packed.empty() || (c.inflator.full() && !c.message_ended);
  c.packed = std::string(packed);
  if (good && !rest && c.message_ended) good = c.inflator.finish(io.up, StageIo::up_bytes_max);
  if (!good) return fail(WsCode::invalid_payload, "message that is not compressed as agreed", io.down);
  c.plain += io.up.size() - before;
  if (options_->max_frame_size != 0 && c.plain > options_->max_frame_size)
    fail(WsCode::too_big, "message longer than max_frame_size", io.down);
}

void WsStage::on_control(StageIo& io) {
  if (reader_.opcode() == WsOpcode::ping) {
    front::write_ws_control(io.down, WsOpcode::pong, reader_.payload());
  } else if (reader_.opcode() == WsOpcode::close) {
    state_ = State::closed;
    if (front::answer_ws_close(io.down, reader_.payload())) return;
    state_ = State::failed;
    error_ = "WebSocket: close code not allowed";
  }
}

void WsStage::fail(WsCode code, const std::string& why, std::string& down) {
  state_ = State::failed;
  error_ = fmt::format("WebSocket: {}", why);
  front::write_ws_close(down, code, why);
}

// ---------------------------------------------------------------- out

bool WsStage::send(std::span<const iovec> plain, std::string& down) {
  if (state_ != State::open) return state_ == State::closed;
  if (options_->piggyback_multiple) {
    const std::size_t size = size_of(plain);
    if (size > 0) send_message(plain, size, {}, down);
  } else {
    send_by_packet(plain, down);
  }
  return true;
}

/// One MQTT packet is one message, in as many frames as it comes in.
void WsStage::send_by_packet(std::span<const iovec> plain, std::string& down) {
  for (const iovec& part : plain) {
    std::string_view bytes = view(part);
    while (!bytes.empty()) {
      const std::size_t size = boundary_.take(bytes);
      const iovec piece{const_cast<char*>(bytes.data()), size};
      const bool first = !std::exchange(within_message_, !boundary_.ended());
      send_message({&piece, 1}, size,
                   {.opcode = first ? WsOpcode::binary : WsOpcode::continuation, .final = boundary_.ended()},
                   down);
      bytes.remove_prefix(size);
    }
  }
}

void WsStage::send_message(std::span<const iovec> plain, std::size_t size, front::WsFrameHead head,
                           std::string& down) {
  const bool first = head.opcode != WsOpcode::continuation;
  if (compression_ && first) compression_->within = size >= compress_bytes_min;
  if (!compression_ || !compression_->within) {
    front::write_ws_head(down, head, size);
    for (const iovec& part : plain) down += view(part);
    return;
  }
  std::string packed;
  for (const iovec& part : plain) compression_->deflator.deflate(view(part), packed);
  if (head.final) compression_->deflator.finish(packed);
  head.compressed = first;
  front::write_ws_head(down, head, packed.size());
  down += packed;
}

void WsStage::close(std::string& down) {
  if (state_ == State::open) front::write_ws_close(down, WsCode::normal, {});
}

void WsStage::describe(broker::Peer& peer) const {
  if (!peername_.empty()) peer.name = peername_;
}

}  // namespace meshmq::net
