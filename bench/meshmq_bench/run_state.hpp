#pragma once
// What the threads of one run share.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/meshmq_bench/clock.hpp"
#include "bench/meshmq_bench/delivery_window.hpp"
#include "bench/meshmq_bench/histogram.hpp"
#include "bench/meshmq_bench/options.hpp"
#include "bench/meshmq_bench/sequence_check.hpp"

namespace meshmq::bench {

class LoadThread;
class Publisher;

enum class Phase : std::uint8_t { connecting, publishing, draining, done };

/// The way of one publisher's messages. Written by its publisher's and its receivers' threads.
struct Lane {
  Publisher* publisher = nullptr;
  LoadThread* thread = nullptr;            ///< the publisher's
  std::unique_ptr<DeliveryWindow> window;  ///< none: no limit
  std::mutex shared_mutex;                 ///< guards shared_check
  SequenceCheck shared_check;              ///< where receivers share the messages among them
};

struct RunState {
  explicit RunState(const Options& o) : options(o) {}

  const Options& options;
  std::uint32_t run = 0;        ///< see Stamp
  std::uint32_t receivers = 1;  ///< of each message
  std::vector<std::unique_ptr<Lane>> lanes;
  Nanos started_at = 0;  ///< set before the phase becomes publishing
  std::atomic<Phase> phase{Phase::connecting};
};

/// What one thread counted.
struct Counters {
  std::uint64_t published = 0;
  std::uint64_t acknowledged = 0;  ///< of those with QoS 1 or 2
  std::uint64_t delivered = 0;     ///< first receipts
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;     ///< out of order
  std::uint64_t foreign = 0;  ///< not of this run
  std::uint64_t lost = 0;     ///< known at the end
  std::uint64_t disconnects = 0;
  std::uint64_t ready = 0;             ///< clients that are connected and subscribed
  std::uint64_t finished_sending = 0;  ///< publishers
  Nanos last_progress_at = 0;          ///< last delivery or acknowledgement

  void add(const Counters& other);
};

}  // namespace meshmq::bench
