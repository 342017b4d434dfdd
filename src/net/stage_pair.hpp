#pragma once
// Two stages, one upon the other.

#include <memory>
#include <string>

#include "net/stage.hpp"

namespace meshmq::net {

/// The lower one stands next to the socket. Holds bytes between the two only while the upper one refuses them
/// (StageIo::up_bytes_max). Thread rule: as Stage.
class StagePair final : public Stage {
 public:
  StagePair(std::unique_ptr<Stage> lower, std::unique_ptr<Stage> upper)
      : lower_(std::move(lower)), upper_(std::move(upper)) {}

  StageStatus receive(std::string_view& bytes, StageIo& io) override;
  bool send(std::span<const iovec> plain, std::string& down) override;
  void close(std::string& down) override;
  void describe(PeerFacts& peer) const override;
  std::string error() const override;

 private:
  StageStatus receive_upper(std::string_view bytes, StageIo& io);
  StageStatus fail(const Stage& stage);

  std::unique_ptr<Stage> lower_;  ///< nullptr once it has left
  std::unique_ptr<Stage> upper_;
  std::string between_;   ///< from the lower one, not taken by the upper one yet
  PeerFacts lower_peer_;  ///< of a lower one that has left
  std::string error_;
};

}  // namespace meshmq::net
