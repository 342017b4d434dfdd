#pragma once
// A client that publishes, as fast as its windows allow or at a rate.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/meshmq_bench/client.hpp"
#include "bench/meshmq_bench/run_state.hpp"

namespace meshmq::bench {

/// Sends copies of one encoded packet in which only the packet id and the stamp change. Two windows hold it
/// back: messages without acknowledgement (QoS 1 and 2) and messages that some receiver does not have yet.
class Publisher final : public Client {
 public:
  Publisher(RunState& run, ClientPlan plan, LoadThread& thread, std::uint32_t index, std::string topic);

  /// Appends what may be sent now.
  void pump(Nanos now);
  void handle_room() override;
  /// When the next message is due; only with a rate.
  Nanos next_due() const;
  /// It was closed or the run wants nothing more from it. True the first time.
  bool stop_sending();
  std::uint64_t published() const { return next_; }

  /// For the owner: is it in the list of those to pump?
  bool pump_queued = false;

 private:
  void handle_ack(const mqtt::Ack& ack) override;
  void acknowledged(mqtt::PacketId id);
  bool may_send(Nanos now);
  void send_one(Nanos now);
  void make_packet(const std::string& topic);

  /// Output that waits for the socket; more only costs memory.
  static constexpr std::size_t output_bytes_max = 256 * 1024;

  RunState& run_;
  Lane& lane_;
  std::uint32_t index_;
  std::uint64_t next_ = 0;  ///< sequence number
  bool sending_ = true;
  std::string packet_;
  std::size_t packet_id_at_ = 0;
  std::size_t stamp_at_ = 0;
  std::vector<mqtt::PacketId> free_ids_;
};

}  // namespace meshmq::bench
