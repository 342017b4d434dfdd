#pragma once
// Nodes that died, and who publishes the wills of their clients.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "cluster/client_rows.hpp"
#include "cluster/link_error.hpp"
#include "cluster/membership.hpp"
#include "node/will_rows.hpp"

namespace meshmq::node {

using cluster::ClientKey;

/// What DeadWills needs of its node. Never calls back from within a call.
class DeadWillsPorts {
 public:
  virtual ~DeadWillsPorts() = default;
  virtual bool running(const std::string& node) const = 0;
  /// Another running node has a link to it.
  virtual bool seen_by_others(const std::string& node) const = 0;
  /// It runs, and all that it has to say is known.
  virtual bool in_sync_with(const std::string& node) const = 0;
  /// How far this node has come with the log of that life of the node.
  virtual std::uint64_t position_in(const std::string& node, std::uint64_t incarnation) const = 0;
  /// Of the cluster to which this node belongs.
  virtual cluster::ClusterId cluster_id() const = 0;
  virtual ClientKey key_of(std::string_view client_id) const = 0;
  /// A running node has the session of this client.
  virtual bool lives(std::string_view client_id) const = 0;
  virtual void publish(const mqtt::MessagePtr& will) = 0;
  /// To all running nodes.
  virtual void broadcast(const std::string& bytes) = 0;
  virtual void send(const std::string& node, const std::string& bytes) = 0;
};

/// A node that was lost without its goodbye leaves an estate: the wills of its clients. It is opened when the
/// node is certainly dead (it closed its link and cannot be dialled, it was started again, it was removed)
/// or has been silent for cluster.dead_node_wills and no running node sees it. Who opens an estate says so
/// (Heir). Of the heirs, those who have come farthest with the dead node's log know its clients best; of
/// them, the one that was started first publishes each will when it is due and says so (Taken), and at the
/// end that all is done (Settled). If it dies too, the next one goes on; what the other had published without
/// having said so (it does so when the message has arrived everywhere) comes twice. Who was out of reach
/// meanwhile and opens what others have settled is told so. A will is void as soon as its client has a
/// session on a running node. A node that comes back as it was takes its estate back. Pure. Thread rule: one
/// owner.
///
///     lost --closed, cannot be dialled | started again | removed | silent--> open --heirs known-->
///     publishing
class DeadWills {
 public:
  /// Other nodes notice a death, too, not later than this.
  static constexpr Duration noticed_by_all = std::chrono::seconds(10);
  /// How long the heirs wait for each other's word, all of them or those who have just come.
  static constexpr Duration heirs_wait = std::chrono::seconds(1);
  /// A will that was published has arrived by then: only now it is said to be Taken.
  static constexpr Duration arrival_wait = std::chrono::seconds(1);
  /// Earlier lives of a node that are remembered.
  static constexpr std::size_t lives_max = 64;
  /// Others are served in between.
  static constexpr std::size_t wills_per_tick = 500;

  /// `incarnation`: of this node. `silence`: cluster.dead_node_wills, 0: only certainty counts.
  DeadWills(std::string self, std::uint64_t incarnation, Duration silence, WillRows& rows,
            DeadWillsPorts& ports, Logger log);

  /// Whether a message between nodes is one of these.
  static bool is_about_wills(std::string_view bytes);

  // --- what happens to other nodes
  void peer_up(Slot slot, const std::string& node, std::uint64_t incarnation, Now now);
  /// A member's link is lost, without its having said goodbye.
  void peer_lost(Slot slot, const std::string& node, Now now);
  /// It said goodbye, or goes on without this cluster: there is nothing to do.
  void peer_left(const std::string& node);
  /// A link or a dial has failed.
  void link_down(const std::string& node, cluster::LinkError error);
  /// It is no member any more.
  void peer_gone(const std::string& node, Now now);
  void message(const std::string& node, std::string_view bytes);
  /// A node has said that it has the session of this client.
  void came_back(ClientKey client);
  void tick(Now now);

  std::size_t estates() const { return estates_.size(); }
  /// Wills that this node has published for others.
  std::uint64_t published() const { return published_; }

 private:
  /// One life of a node.
  using Life = std::pair<std::string, std::uint64_t>;
  struct Heir {
    std::uint64_t position = 0;     ///< in the dead node's log
    std::uint64_t incarnation = 0;  ///< 0: it does not inherit
  };
  struct Estate {
    Slot slot;
    cluster::ClusterId cluster;
    /// Wills that are not published and not void.
    std::unordered_set<ClientKey> pending;
    /// Rows that are no rows any more; the others are still in the table.
    WillRows::Rows rows;
    std::uint64_t position = 0;  ///< in its log, when it was lost
    TimePoint lost{};
    WallMillis lost_at = 0;
    TimePoint seen{};       ///< by somebody, for the last time
    bool closed = false;    ///< it closed its link
    bool dead = false;      ///< certainly
    bool replaced = false;  ///< it was started again
    TimePoint opened{};     ///< TimePoint{}: it is not
    std::map<std::string, Heir> heirs;
    bool listed = false;
    std::vector<std::pair<TimePoint, std::string>> due;  ///< the next one last
    /// Published then, and not said to be yet.
    std::deque<std::pair<TimePoint, std::vector<ClientKey>>> unsaid;
  };

  void note_over(const Life& life, std::uint64_t position);
  void settle(const Life& life, Estate& estate);
  void hear_heir(const std::string& node, const Life& life, ByteReader& r);
  /// nullptr if it left nothing, or is there.
  Estate* mourned(const std::string& node);
  bool may_open(const std::string& node, Estate& estate, Now now) const;
  void open(const Life& life, Estate& estate, Now now);
  void close(const Life& life, Estate& estate);
  std::string heir(const Estate& estate) const;
  void list(Estate& estate) const;
  const std::string* find(const Estate& estate, const std::string& client_id) const;
  void publish_due(const Life& life, Estate& estate, Now now);
  void say_heir(const Life& life, const Heir& heir);
  void say_arrived(const Life& life, Estate& estate, Now now);
  void say_taken(const Life& life, const std::vector<ClientKey>& clients);

  const std::string self_;
  const std::uint64_t incarnation_;
  const Duration silence_;
  WillRows& rows_;
  DeadWillsPorts& ports_;
  Logger log_;
  std::map<std::string, std::uint64_t> lives_;  ///< of nodes that are up or were last
  std::map<Life, Estate> estates_;
  /// How far this node had come with the logs of lives that are over: who knew no more learns that what is
  /// no estate here is settled.
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> over_;
  TimePoint last_came_{};  ///< when a node came up
  /// Said of nodes that this one has not lost (yet).
  std::map<Life, std::unordered_set<ClientKey>> taken_early_;
  std::uint64_t published_ = 0;
};

}  // namespace meshmq::node
