#pragma once
// cluster.discovery = static: the names that stand in the configuration.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/provider.hpp"

namespace meshmq::discovery {

class StaticSeeds final : public Provider {
 public:
  /// Fails if a seed is no node's name, or if there is none.
  static Result<std::unique_ptr<Provider>> make(boost::asio::io_context& io, std::string_view seeds,
                                                OnAnswer on_answer);

  StaticSeeds(boost::asio::io_context& io, std::vector<std::string> seeds, OnAnswer on_answer)
      : io_(io), seeds_(std::move(seeds)), on_answer_(std::make_shared<OnAnswer>(std::move(on_answer))) {}
  void ask() override;

 private:
  boost::asio::io_context& io_;
  std::vector<std::string> seeds_;
  std::shared_ptr<OnAnswer> on_answer_;  ///< gone with this object: the answer has nowhere to go then
};

}  // namespace meshmq::discovery
