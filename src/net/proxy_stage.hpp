#pragma once
// The header of the PROXY protocol at the front of a connection.

#include <string>

#include "front/proxy_header.hpp"
#include "net/stage.hpp"

namespace meshmq::net {

/// Takes the header, and leaves. A connection that begins with anything else is refused: whoever may connect
/// without a balancer could pretend to be anybody.
class ProxyStage final : public Stage {
 public:
  /// What the common name that the balancer tells takes the place of in CONNECT.
  struct CnAs {
    bool username = false;
    bool clientid = false;
  };
  explicit ProxyStage(CnAs cn_as) : cn_as_(cn_as) {}

  StageStatus receive(std::string_view& bytes, StageIo& io) override;
  bool send(std::span<const iovec>, std::string&) override { return false; }
  void close(std::string&) override {}
  void describe(broker::Peer& peer) const override;
  std::string error() const override { return error_; }

 private:
  const CnAs cn_as_;
  bool left_ = false;
  std::string begun_;  ///< of the header
  front::ProxyHeader header_;
  std::string error_;
};

}  // namespace meshmq::net
