#pragma once
// Nodes that end and start again, cleanly or by a crash, on disks that are slow or full: what was kept is
// there.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "sim/client.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/scheduler.hpp"
#include "sim/simulation.hpp"

namespace meshmq::sim {

/// One to four nodes; readers with persistent sessions, publishers of messages for them and of retained ones.
/// Nodes are restarted one by one (their sessions are handed over), or all are stopped and started (the last
/// one writes its sessions down), or evacuated, or they crash. Must hold:
/// - A retained message that was acknowledged, or a later one of its topic, is on all nodes at the end,
///   whatever happened.
/// - Without crashes no session is lost: its reader gets every acknowledged message that was published while
///   its node could be reached, at QoS 2 once.
class Restarts final : public Universe {
 public:
  Restarts(std::uint64_t seed, bool verbose);
  ~Restarts() override;

  Outcome run();

  // --- Universe
  std::shared_ptr<Process> find(const std::string& node) override;
  void save(const std::string& node, std::string image) override { images_[node] = std::move(image); }
  Disk& disk(const std::string& node) override {
    return disks_.try_emplace(node, scheduler, random_).first->second;
  }
  void operation_done(const std::string&, node::OperationId, const Result<void>&) override {}
  Result<cluster::Discovered> discover() override { return cluster::Discovered{}; }
  void log(const std::string& node, LogLevel level, std::string_view text) override;

 private:
  struct Published {
    std::string topic;
    Micros at = 0;
    Micros acknowledged = -1;
    bool undisturbed = false;  ///< all nodes knew each other when it was published
  };
  struct Reader {
    std::shared_ptr<SimClient> client;
    std::string topic;
    mqtt::QoS qos = mqtt::QoS::at_least_once;
    Micros subscribed_at = -1;
    std::set<MessageId> promised;
  };

  void build();
  std::shared_ptr<SimClient> make_client(const std::string& id, mqtt::Version version);
  /// Nodes that a client may come to now.
  std::vector<std::shared_ptr<Process>> open_nodes();
  bool calm() const;
  void start_node(const std::string& node);
  void crash_node(const std::string& node);
  void stop_node(const std::string& node);
  void misfortune();
  void restart_one();
  void evacuate_one();
  void restart_all();
  void trouble_disk();
  void act();
  void read(Reader& reader);
  void publish();
  void retain();
  void acknowledged(MessageId message);
  void disturb() { disturbed_at_ = scheduler.now_us(); }

  void check_readers();
  void check_retained();
  void violated(const std::string& what);
  void note(const std::string& what);

  bool verbose_;
  Random random_;
  Network network_;
  bool crashes_ = false;
  std::vector<std::string> names_;
  std::map<std::string, node::Config> configs_;
  std::map<std::string, Disk> disks_;
  std::map<std::string, std::string> images_;
  std::map<std::string, std::uint64_t> incarnations_;
  std::map<std::string, std::shared_ptr<Process>> processes_;
  std::set<std::string> stopping_;
  std::set<std::string> evacuated_;
  std::vector<Reader> readers_;
  std::vector<std::shared_ptr<SimClient>> publishers_;
  std::map<MessageId, Published> published_;
  std::map<std::string, std::vector<MessageId>> retained_;  ///< by topic, in order
  std::set<MessageId> deletions_;
  MessageId last_message_ = 0;
  std::uint64_t last_operation_ = 0;
  Micros disturbed_at_ = 0;
  bool busy_ = false;  ///< with a restart
  bool over_ = false;
  Outcome outcome_;
};

}  // namespace meshmq::sim
