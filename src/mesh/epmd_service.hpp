#pragma once
// Being found: registers this node at the host's EPMD, or serves EPMD itself where none runs.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace meshmq::mesh {

/// Serves on `epmd_port` if nobody does; else registers there and keeps that connection. When the other EPMD
/// goes away, tries both again every two seconds: so one of the nodes of a host always serves. Thread rule:
/// the loop's thread.
class EpmdService {
 public:
  EpmdService(boost::asio::io_context& io, std::uint16_t epmd_port, std::string alive,
              std::uint16_t dist_port, Logger log);
  ~EpmdService();

  /// Blocks for a moment: the node's name must be ours before anything else starts. Fails if another node has
  /// it.
  Result<void> start();
  void stop();
  bool serving() const;
  /// This incarnation's number, from whoever registered us.
  std::uint32_t creation() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshmq::mesh
