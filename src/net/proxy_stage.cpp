#include "net/proxy_stage.hpp"

#include <utility>

namespace meshmq::net {

StageStatus ProxyStage::receive(std::string_view& bytes, StageIo&) {
  if (left_) return StageStatus::left;
  if (!error_.empty()) return StageStatus::failed;
  const std::size_t before = begun_.size();
  begun_.append(bytes.substr(0, front::proxy_header_bytes_max - before));
  auto read = front::read_proxy_header(begun_);
  if (!read) {
    error_ = std::move(read.error().message);
    return StageStatus::failed;
  }
  if (read->size == 0) {
    bytes.remove_prefix(begun_.size() - before);
    return StageStatus::handshake;
  }
  bytes.remove_prefix(read->size - before);
  header_ = std::move(read->header);
  left_ = true;
  std::string().swap(begun_);
  return StageStatus::left;
}

void ProxyStage::describe(broker::Peer& peer) const {
  if (!header_.peername.empty()) peer.name = header_.peername;
  if (header_.cn.empty()) return;
  peer.cn = header_.cn;
  if (cn_as_.username) peer.username = header_.cn;
  if (cn_as_.clientid) peer.clientid = header_.cn;
}

}  // namespace meshmq::net
