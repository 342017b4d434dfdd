#pragma once
// Real nodes, over TCP: each connection goes to the next one of them, as a balancer would send it.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "conformance/venue.hpp"

namespace meshmq::conformance {

struct Address {
  std::string host;
  std::uint16_t port = 0;

  /// `10.0.0.1:1883`
  static Address parse(std::string_view text);
};

struct LiveNodes {
  std::vector<Address> addresses;
  std::string ctl;  ///< a shell's command that runs meshmq_ctl for one of them
};

/// What a case has left at its nodes.
struct Traces {
  std::set<std::string> client_ids;
  std::vector<std::string> settings;
  bool retained = false;
  /// Who did something last that the nodes may not have seen yet.
  const Connection* unanswered = nullptr;
};

/// Whatever the case has left is gone when it ends. Time is real: what takes long is not shown here.
class Live final : public Venue {
 public:
  /// `first`: the node of the first connection.
  Live(const LiveNodes& nodes, std::size_t first) : nodes_(nodes), next_(first) {}
  ~Live() override;

  void prepare(const Case& one) override;
  void configure(std::string_view key, std::string_view value) override;
  Connection& open(mqtt::Version version) override;
  void wait(Duration duration) override;
  void admit(Fields fields) override;

 private:
  void forget(const std::string& client_id);
  int ctl(const std::string& words) const;

  const LiveNodes& nodes_;
  std::size_t next_;
  Traces traces_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace meshmq::conformance
