#pragma once
// One run: a cluster, its clients, its misfortunes and what must hold, all from one seed.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "sim/client.hpp"
#include "sim/disk.hpp"
#include "sim/network.hpp"
#include "sim/process.hpp"
#include "sim/scheduler.hpp"

namespace meshmq::sim {

/// What came of a run.
struct Outcome {
  std::vector<std::string> violations;
  std::uint64_t events = 0;
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;
  std::uint64_t promises = 0;  ///< deliveries that were demanded and checked
  std::uint64_t faults = 0;
};

/// A promised message must have arrived by then.
inline constexpr Micros delivery_time = 8_s;
/// A PUBLISH has reached its node and was matched by then.
inline constexpr Micros arrival_time = 500_ms;
/// A PUBACK that came sooner than this did not come because cluster.forward_ack_wait (5 s) was over.
inline constexpr Micros prompt = 4_s;

class Simulation final : public Universe {
 public:
  struct Options {
    bool verbose = false;     ///< prints every node's log and every fault
    bool discovery = false;   ///< all nodes start at about the same moment and find each other
    bool clocks = false;      ///< all are wrong, ways are cut, and sessions wander and begin anew
    std::uint64_t nodes = 0;  ///< 0: a few, as the seed says
  };
  Simulation(std::uint64_t seed, const Options& options);
  ~Simulation() override;

  Outcome run();

  // --- Universe
  std::shared_ptr<Process> find(const std::string& node) override;
  void save(const std::string& node, std::string image) override { images_[node] = std::move(image); }
  Disk& disk(const std::string& node) override {
    return disks_.try_emplace(node, scheduler, random_).first->second;
  }
  void operation_done(const std::string& node, node::OperationId operation,
                      const Result<void>& result) override;
  Result<cluster::Discovered> discover() override;
  void log(const std::string& node, LogLevel level, std::string_view text) override;

 private:
  /// Which misfortunes this seed has.
  struct Weather {
    bool cuts = false;
    bool crashes = false;
    bool moves = false;     ///< leave, join, force-leave
    bool cleaning = false;  ///< cluster.autoclean is short
    bool pauses = false;    ///< processes stand still for a while
    bool slow = false;      ///< links that take their time
  };
  struct Published {
    std::string topic;
    std::string node;
    mqtt::QoS qos = mqtt::QoS::at_most_once;
    Micros at = 0;
    Micros acknowledged = -1;
    std::shared_ptr<SimClient> publisher{};
    std::uint64_t publisher_epoch = 0;
  };
  /// `client` must get `message`, unless a misfortune came in between.
  struct Promise {
    std::shared_ptr<SimClient> client;
    std::uint64_t epoch = 0;
    MessageId message = 0;
    std::string to;
  };

  /// A member of a shared group got a message of it.
  struct GroupDelivery {
    std::shared_ptr<SimClient> client;
    std::uint64_t epoch = 0;
    Micros at = 0;
  };
  /// One of the group must get `message` if one of these, with their epochs, stays.
  struct GroupPromise {
    MessageId message = 0;
    std::string group;
    std::vector<std::pair<std::shared_ptr<SimClient>, std::uint64_t>> members;
  };

  void build();
  void gather();
  void add_client(const std::string& id);
  void add_members();
  void act_as_member(SimClient& client, std::uint64_t dice);
  void start_node(const std::string& node);
  void crash_node(const std::string& node);
  void cut_or_mend(const std::string& a, const std::string& b);
  void move_member();
  void pause_node(const std::string& node);
  void slow_down_or_speed_up(const std::string& a, const std::string& b);
  void misfortune();
  void act();
  void publish(const std::shared_ptr<SimClient>& client, const std::string& topic, mqtt::QoS qos);
  void publish_somewhere();
  void connect(const std::shared_ptr<SimClient>& client);
  /// No sooner there than on its way to another node, perhaps.
  void hop(SimClient& client);
  void calm_down();
  void final_probes();

  // --- checks (checker.cpp)
  void received(SimClient& client, MessageId message, std::string_view topic, mqtt::QoS qos);
  void violated(const std::string& what);
  void lost_session(const SimClient& client, Micros since);
  /// True if the way between the nodes has been undisturbed long enough for a promise.
  bool calm(const std::string& a, const std::string& b);
  /// The node has routes of this client's node, which it cannot reach.
  bool knows_away(const std::string& node, const SimClient& client, const std::string& topic);
  Micros disturbed_at(const std::string& a, const std::string& b) const;
  /// When a node has taken the message at the latest: one that stands still takes it later.
  Micros accepted_at(const Published& message) const;
  void promise(MessageId message);
  void check_promise(const Promise& promise);
  void check_kept_forwards();
  // --- checks of shared groups (group_checker.cpp)
  bool is_member(const SimClient& client) const { return groups_.contains(client.id()); }
  void received_by_member(SimClient& client, MessageId message, mqtt::QoS qos);
  void promise_to_groups(MessageId message);
  void check_group(const GroupPromise& promise, bool at_end);
  void check_kept_groups();
  /// Something happened to a node or between nodes at or after `since`.
  bool disturbed_since(Micros since) const { return last_disturbance_ >= since; }
  void check_tables();
  void check_gathered();
  void verify();

  std::string random_node() { return names_[random_.below(names_.size())]; }
  std::string random_topic(bool filter);
  void disturb(const std::string& a, const std::string& b);
  /// It dies, begins, stands still, moves.
  void disturb_node(const std::string& node);
  void disturb_all();
  void note(const std::string& what);

  std::uint64_t seed_;
  Options options_;
  Random random_;
  Network network_;
  Weather weather_;
  std::vector<std::string> names_;
  std::map<std::string, node::Config> configs_;
  std::map<std::string, Disk> disks_;
  std::map<std::string, std::shared_ptr<Process>> processes_;
  std::map<std::string, std::string> images_;
  std::map<std::string, WallMillis> skews_;  ///< of wall clocks
  std::uint64_t starts_ = 0;
  std::vector<std::shared_ptr<SimClient>> clients_;
  std::map<std::string, bool> persistent_;
  std::map<MessageId, Published> published_;
  std::vector<Promise> kept_;  ///< acknowledged QoS 1 and 2 messages: checked at the end
  std::map<std::pair<std::string, std::string>, Micros> disturbed_;
  std::multimap<std::string, std::pair<Micros, Micros>> pauses_;  ///< by node: from when to when
  std::map<std::string, Micros> broken_;                          ///< last crash or move of a node
  std::map<std::string, std::string> groups_;  ///< client -> the group whose member it is or becomes
  std::map<std::pair<MessageId, std::string>, std::vector<GroupDelivery>> group_deliveries_;
  std::vector<GroupPromise> kept_groups_;
  Micros last_disturbance_ = 0;
  bool crashed_ = false;   ///< some node, at some time
  Micros last_crash_ = 0;  ///< or move
  MessageId last_message_ = 0;
  std::uint64_t last_operation_ = 0;
  bool over_ = false;
  Outcome outcome_;
};

}  // namespace meshmq::sim
