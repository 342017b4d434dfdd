#pragma once
// A broker of its own without a network, whose clock is turned by hand.

#include <deque>
#include <memory>

#include "broker/broker_harness.hpp"
#include "conformance/venue.hpp"

namespace meshmq::conformance {

class InMemory final : public Venue {
 public:
  void configure(std::string_view key, std::string_view value) override;
  Connection& open(mqtt::Version version) override;
  void wait(Duration duration) override { harness().advance(duration); }
  void admit(Fields fields) override;

 private:
  broker::testing::Harness& harness();

  broker::Config config_;
  std::unique_ptr<broker::testing::Harness> harness_;
  std::deque<std::unique_ptr<Connection>> connections_;
};

}  // namespace meshmq::conformance
