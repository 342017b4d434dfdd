#include "net/stage_pair.hpp"

#include <utility>

namespace meshmq::net {

namespace {

bool send_bytes(Stage& stage, std::string_view bytes, std::string& down) {
  constexpr std::size_t send_bytes_max = 64 * 1024;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, send_bytes_max);
    const iovec part{const_cast<char*>(piece.data()), piece.size()};
    if (!stage.send({&part, 1}, down)) return false;
    bytes.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace

StageStatus StagePair::receive(std::string_view& bytes, StageIo& io) {
  if (lower_ == nullptr) return upper_->receive(bytes, io);
  if (!between_.empty()) return receive_upper(std::exchange(between_, {}), io);
  std::string plain;
  StageIo lower_io{plain, io.down};
  switch (lower_->receive(bytes, lower_io)) {
    case StageStatus::handshake:
      return StageStatus::handshake;
    case StageStatus::ready:
      return receive_upper(plain, io);
    case StageStatus::left:
      lower_->describe(lower_peer_);
      lower_.reset();
      return upper_->receive(bytes, io);
    case StageStatus::closed: {
      // What came before the goodbye still counts.
      const StageStatus status = receive_upper(plain, io);
      const bool more = !between_.empty() || io.up.size() >= StageIo::up_bytes_max;
      return status == StageStatus::failed || more ? status : StageStatus::closed;
    }
    case StageStatus::failed:
      break;
  }
  return fail(*lower_);
}

StageStatus StagePair::receive_upper(std::string_view bytes, StageIo& io) {
  std::string answer;
  StageIo upper_io{io.up, answer};
  const StageStatus status = upper_->receive(bytes, upper_io);
  if (!send_bytes(*lower_, answer, io.down)) return fail(*lower_);
  if (status == StageStatus::failed) {
    lower_->close(io.down);
    return fail(*upper_);
  }
  between_.assign(bytes);
  return status;
}

StageStatus StagePair::fail(const Stage& stage) {
  error_ = stage.error();
  return StageStatus::failed;
}

bool StagePair::send(std::span<const iovec> plain, std::string& down) {
  if (lower_ == nullptr) return upper_->send(plain, down);
  std::string wrapped;
  if (!upper_->send(plain, wrapped)) {
    fail(*upper_);
    return false;
  }
  if (send_bytes(*lower_, wrapped, down)) return true;
  fail(*lower_);
  return false;
}

void StagePair::close(std::string& down) {
  if (lower_ == nullptr) return upper_->close(down);
  std::string words;
  upper_->close(words);
  if (send_bytes(*lower_, words, down)) lower_->close(down);
}

void StagePair::describe(PeerFacts& peer) const {
  const auto take = [](std::string& to, const std::string& from) {
    if (!from.empty()) to = from;
  };
  if (lower_ != nullptr) {
    lower_->describe(peer);
  } else {
    take(peer.name, lower_peer_.name);
    take(peer.username, lower_peer_.username);
    take(peer.clientid, lower_peer_.clientid);
    take(peer.cn, lower_peer_.cn);
    take(peer.dn, lower_peer_.dn);
  }
  upper_->describe(peer);
}

std::string StagePair::error() const {
  return error_.empty() ? upper_->error() : error_;
}

}  // namespace meshmq::net
