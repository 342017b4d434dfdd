#pragma once
// Nodes that end and start again, cleanly or by a crash, on disks that are slow or full: what was kept is
// there.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/client.hpp"
#include "sim/process.hpp"
#include "sim/scenario.hpp"

namespace meshmq::sim {

/// One to four nodes; readers with persistent sessions, publishers of messages for them and of retained ones.
/// Nodes are restarted one by one (their sessions are handed over), or all are stopped and started (the last
/// one writes its sessions down), or evacuated, or they crash. Must hold:
/// - A retained message that was acknowledged, or a later one of its topic, is on all nodes at the end,
///   whatever happened.
/// - Without crashes no session is lost: its reader gets every acknowledged message that was published while
///   its node could be reached, at QoS 2 once.
class Restarts final : public Scenario {
 public:
  Restarts(std::uint64_t seed, bool verbose);
  ~Restarts() override;

  Outcome run();

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

  bool crashes_ = false;
  std::map<std::string, node::Config> configs_;
  std::map<std::string, std::uint64_t> incarnations_;
  std::set<std::string> stopping_;
  std::set<std::string> evacuated_;
  std::vector<Reader> readers_;
  std::vector<std::shared_ptr<SimClient>> publishers_;
  std::map<MessageId, Published> published_;
  std::map<std::string, std::vector<MessageId>> retained_;  ///< by topic, in order
  std::set<MessageId> deletions_;
  MessageId last_message_ = 0;
  Micros disturbed_at_ = 0;
  bool busy_ = false;  ///< with a restart
  bool over_ = false;
};

}  // namespace meshmq::sim
