#pragma once
// A client that receives and looks whether everything came, once and in order.

#include <cstdint>
#include <vector>

#include "bench/meshmq_bench/client.hpp"
#include "bench/meshmq_bench/run_state.hpp"
#include "bench/meshmq_bench/sequence_check.hpp"

namespace meshmq::bench {

class Subscriber final : public Client {
 public:
  /// It gets the messages of `publishers` publishers from number `first` on; 0: of none (an idle connection).
  Subscriber(RunState& run, ClientPlan plan, LoadThread& thread, std::uint32_t first,
             std::uint32_t publishers);

  /// Messages that never came. All publishers must have ended. Where messages are shared, see Lane.
  std::uint64_t lost() const;

 private:
  void handle_publish(const mqtt::Publish& publish) override;
  void handle_ack(const mqtt::Ack& ack) override;
  void count(const mqtt::Publish& publish);
  SequenceCheck::Verdict check(std::uint32_t publisher, std::uint64_t sequence);

  RunState& run_;
  std::uint32_t first_;
  std::vector<SequenceCheck> checks_;
};

}  // namespace meshmq::bench
