#pragma once
// One worker's forwarding links: out to every other node, in from every other node's workers.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/histogram.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "broker/explain.hpp"
#include "cluster/forward.hpp"
#include "node/config.hpp"
#include "node/parcel.hpp"
#include "node/ports.hpp"
#include "node/settle.hpp"

namespace meshmq::node {

/// Counters of forwarding; part of the worker's metrics.
struct ForwardCounters {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t dropped = 0;
};

/// A message for shared groups that its destination has not acknowledged: somebody else is to get it.
struct HandedBack {
  Parcel parcel;    ///< the picks; its ordinary part stays with the link
  Token token = 0;  ///< not 0: its wait is the owner's from now on
};

/// What became of one copy.
enum class Forwarded : std::uint8_t {
  sent,     ///< on its way, nobody waits for it
  tracked,  ///< on its way; the token is confirmed when it has arrived
  dropped,  ///< no room, or no such node
};

/// Pure. Thread rule: one owner. Messages gather in one frame per node and leave at end_of_turn().
class ForwardLinks {
 public:
  ForwardLinks(const Config& config, WorkerIndex self, std::uint64_t incarnation, WorkerPorts& ports,
               Logger log);

  // --- peers, from Control
  void peer_up(const PeerUp& peer, Now now);
  /// Appends what another member of a group shall get instead: all but the QoS 2 messages that were sent,
  /// because they may have arrived ([MQTT-4.8.2-5]).
  void peer_down(Slot slot, std::vector<HandedBack>& back);
  /// Returns the tokens that nobody will confirm any more. Hands back all messages for groups.
  std::vector<Token> peer_gone(Slot slot, std::vector<HandedBack>& back);
  /// Whether what is forwarded there now has a chance to arrive soon.
  bool usable(Slot slot) const;

  // --- outgoing
  /// `token` 0: nobody waits.
  Forwarded forward(Slot slot, const Parcel& parcel, Token token, Now now);
  /// Keeps a message of QoS 1 or 2 for a node that is away: it is sent when the node is back. False: dropped.
  bool keep(Slot slot, const Parcel& parcel, Now now);
  /// Behind everything that has been forwarded there. Lost with the link.
  void fence(Slot slot, const Parcel& fence);
  /// True if a link has more waiting than `cluster.link_high_watermark` allows.
  bool congested();
  void link_up(LinkId link, Slot slot, Now now);
  void dial_failed(Slot slot, Now now);
  void link_drained(LinkId link);

  // --- incoming
  void link_accepted(LinkId link, const std::string& origin, std::uint16_t origin_worker);

  // --- both
  /// Appends received messages to `received` and tokens that were confirmed to `confirmed`.
  void link_frame(LinkId link, std::string_view frame, std::vector<Parcel>& received,
                  std::vector<Token>& confirmed, Now now);
  void link_down(LinkId link, Now now);
  void end_of_turn(Now now);
  /// No node that can be reached owes an acknowledgement.
  bool settled() const;
  /// Appends the tokens of messages that waited too long for their node to come back, and hands back those
  /// for groups.
  void tick(Now now, std::vector<Token>& dropped, std::vector<HandedBack>& back);

  const ForwardCounters& counters() const { return counters_; }
  /// What each node was sent.
  std::vector<NodeTraffic> traffic() const;
  /// How long messages wait for the other node's acknowledgement: the oldest of each.
  const Histogram& acknowledgement_times() const { return times_; }
  /// What becomes of a message for this node; nothing if there is no link to it.
  std::optional<broker::ExplainStep> explain(std::string_view node) const;

 private:
  struct Outbound {
    Slot slot;
    std::string node;
    cluster::ForwardSender sender;
    bool peer_up = false;
    bool dialing = false;
    bool connected = false;
    bool dirty = false;
    bool keeps_no_more = false;  ///< said in the log
    LinkId link;
    std::size_t transport_bytes = 0;  ///< waiting in the socket's queue
    std::uint64_t sent = 0;           ///< messages
    TimePoint next_dial{};
    Duration pause{0};
  };
  struct Inbound {
    std::pair<std::string, std::uint16_t> from;
    bool greeted = false;
    bool acknowledge = false;
    std::optional<WallMillis> clock_ahead{};  ///< ours of the sender's
  };

  Outbound* outbound(Slot slot);
  /// `which(Unacknowledged, message)` says which ones.
  template <class Which>
  void hand_back(Outbound& out, Which&& which, std::vector<HandedBack>& back);
  void count_sent(Outbound& out);
  void dial(Outbound& out, Now now);
  void pause_dialing(Outbound& out, Now now);
  void handle_outbound(Outbound& out, const cluster::ForwardFrame& frame, std::vector<Token>& confirmed,
                       Now now);
  void handle_inbound(LinkId link, Inbound& in, const cluster::ForwardFrame& frame,
                      std::vector<Parcel>& received, Now now);
  void receive(Inbound& in, const cluster::ForwardFrame& frame, std::vector<Parcel>& received);

  const Config& config_;
  WorkerIndex self_;
  std::uint64_t incarnation_;
  std::uint64_t senders_made_ = 0;
  WorkerPorts& ports_;
  Logger log_;
  std::map<Slot, std::unique_ptr<Outbound>> outbound_;
  std::unordered_map<LinkId, Outbound*> outbound_by_link_;
  std::unordered_map<LinkId, Inbound> inbound_;
  /// How far each sender has come; outlives its links, so that a resent message is recognised.
  std::map<std::pair<std::string, std::uint16_t>, cluster::ForwardOrigin> origins_;
  ForwardCounters counters_;
  Histogram times_;
  bool congested_ = false;  ///< some link went over the limit; looked at again by congested()
};

}  // namespace meshmq::node
