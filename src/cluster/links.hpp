#pragma once
// Links to peers: dialling, meeting, being established, being lost.

#include <string>
#include <string_view>

#include "cluster/link_error.hpp"
#include "cluster/world.hpp"

namespace meshmq::cluster {

/// Who wants to know when members come and go, and may keep them apart.
class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  /// False: the peer is linked, but it shall not be established now.
  virtual bool may_establish(const std::string& node, const Peer& peer) = 0;
  virtual void established(const std::string& node, const Peer& peer, Now now) = 0;
  virtual void lost(const std::string& node, const Peer& peer, LinkError error, Now now) = 0;
};

/// All members dial each other for as long as they are members: that is how a restarted node finds its
/// cluster again. Nodes that were cleaned away are dialled too, now and then, because they may come back.
/// Thread rule: one owner.
class Links {
 public:
  /// How long a linked node that is no member may take to say why it came.
  static constexpr Duration stranger_wait = std::chrono::seconds(5);
  static constexpr Duration cleaned_pause = std::chrono::seconds(30);

  explicit Links(World& world) : world_(world) {}
  /// Before anything happens.
  void observe(LinkObserver& observer) { observer_ = &observer; }

  void up(const std::string& node, Now now);
  /// Returns whether the peer was established.
  bool down(const std::string& node, LinkError error, std::string_view detail, Now now);
  void hang_up(const std::string& node, Peer& peer);
  void hang_up_all();
  void dial(const std::string& node, Peer& peer, Now now);
  void dial_members(Now now);
  void say_hello(const std::string& node);
  /// After this node has become a member of another cluster: members may have called before.
  void say_hello_to_all();
  /// Both are members of one cluster and know it. Returns whether the peer is established now.
  bool establish(const std::string& node, Peer& peer, Now now);
  void lose(const std::string& node, Peer& peer, LinkError error, Now now);

 private:
  World& world_;
  LinkObserver* observer_ = nullptr;
};

}  // namespace meshmq::cluster
