#include "cluster/cluster.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"

namespace meshmq::cluster {

namespace {

constexpr std::size_t early_messages_max = 1000;

Membership restore_or_found(std::string_view image, const std::string& self, std::uint64_t seed,
                            const Logger& log) {
  if (!image.empty()) {
    auto restored = Membership::restore(image, self);
    if (restored) return std::move(*restored);
    log.error("Cannot restore the membership, starting as a node of its own: {}", restored.error().message);
  }
  return Membership(self, ClusterId(seed));
}

}  // namespace

Cluster::Cluster(const Settings& settings, std::string_view image, RouteWriter& routes, ClientRows& clients,
                 SharedRows& shared, ClusterPorts& ports, Logger log, std::uint64_t seed, Now now)
    : world_(settings, restore_or_found(image, settings.self, hash_mix(seed, 1), log), routes, clients,
             shared, ports, log, seed),
      links_(world_),
      members_(world_, links_),
      joining_(world_, links_, members_),
      healing_(world_),
      verification_(world_) {
  links_.observe(healing_);
  for (std::uint32_t slot = 0; slot < settings.own_slots; ++slot) routes.set_live(Slot(slot), true);
  routes.commit();
  for (const auto& [name, record] : world_.membership.records()) world_.clock.observe(record.stamp);
  if (image.empty()) world_.save();
  links_.dial_members(now);
}

// ---------------------------------------------------------------- events

void Cluster::link_down(const std::string& node, LinkError error, std::string_view detail, Now now) {
  links_.down(node, error, detail, now);
  joining_.link_down(node, error, detail, now);
}

void Cluster::link_frame(const std::string& node, std::string_view bytes, Now now) {
  bytes_received_ += bytes.size();
  Peer& p = world_.peer(node);
  if (!p.is_linked()) return;
  auto frame = wire::decode(bytes);
  if (!frame) {
    // A later version may say more than we understand; only nonsense ends the link.
    world_.log.warning("From {}: {}", node, frame.error().message);
    if (frame.error().code == Errc::malformed) links_.hang_up(node, p);
    return;
  }
  std::visit([&](const auto& f) { handle(node, f, now); }, *frame);
}

void Cluster::tick(Now now) {
  links_.dial_members(now);
  const std::vector<std::string> apart = healing_.status().apart;
  for (auto& [node, p] : world_.peers) {
    const bool stranger = p.link == LinkState::linked && p.stranger_until <= now.mono;
    const bool expected =
        joining_.is_joining(node) || std::find(apart.begin(), apart.end(), node) != apart.end();
    if (stranger && !expected) links_.hang_up(node, p);
  }
  members_.clean(now);
  world_.replicator.tick(now);
  world_.shared_sync.tick(now);
  joining_.tick(now);
  healing_.tick(now);
  verification_.tick(now);
}

bool Cluster::end_of_turn(Now now) {
  const bool again = world_.replicator.end_of_turn();
  joining_.check_join(now);
  healing_.end_of_turn();
  return again;
}

void Cluster::shut_down() {
  world_.shutting_down = true;
  world_.broadcast(wire::Goodbye{});
  links_.hang_up_all();
}

// ---------------------------------------------------------------- meeting

void Cluster::handle(const std::string& node, const wire::Hello& frame, Now now) {
  if (!frame.is_understood()) return refuse_version(node, frame);
  Peer& p = world_.peer(node);
  world_.ports.met(node, meeting(frame));
  p.incarnation = frame.incarnation;
  p.cluster = frame.cluster;
  p.features = frame.features & wire::features;
  for (const auto& [name, record] : frame.records) world_.clock.observe(record.stamp);
  if (frame.cluster == world_.membership.id())
    members_.handle(node, wire::View{frame.cluster, frame.records}, now);
  if (frame.cluster == world_.membership.id()) return joining_.met_same_cluster(node);
  if (!joining_.met_other_cluster(node)) meet_other_cluster(node, frame, now);
}

void Cluster::refuse_version(const std::string& node, const wire::Hello& hello) {
  const std::string reason = "it speaks control protocol versions " + std::to_string(hello.version_min) +
                             ".." + std::to_string(hello.version_max) + ", this node " +
                             std::to_string(wire::version_min) + ".." + std::to_string(wire::version_max);
  world_.log.error("Refusing node {}: {}", node, reason);
  joining_.refused_version(node, reason);
  world_.ports.met(node, {.error = LinkError::version_mismatch});
  links_.hang_up(node, world_.peer(node));
}

void Cluster::meet_other_cluster(const std::string& node, const wire::Hello& hello, Now now) {
  const auto ours = hello.records.find(world_.settings.self);
  // It does not count on us. If we count on it, our Hello tells it so and it answers; a stranger may ask to
  // join.
  if (ours == hello.records.end() || ours->second.standing == Standing::removed) return;
  // Perhaps a member of the cluster that this node is joining: the answer to the join decides.
  if (joining_.undecided()) return;
  members_.claimed_by_other(node, hello, now);
}

Meeting Cluster::meeting(const wire::Hello& hello) const {
  Meeting result{.cluster = hello.cluster, .open = hello.open};
  for (const auto& [name, record] : hello.records) {
    if (record.is_member()) ++result.members;
  }
  const auto self = hello.records.find(world_.settings.self);
  result.removed_me = self != hello.records.end() && self->second.standing == Standing::removed;
  return result;
}

// ---------------------------------------------------------------- other frames

void Cluster::handle(const std::string& node, const wire::SyncRequest& frame, Now) {
  Peer& p = world_.peer(node);
  if (p.is_up()) return world_.begin_log(node, frame);
  p.early_sync = frame;
}

bool Cluster::send_message(const std::string& node, std::string bytes) {
  if (node == world_.settings.self || !world_.running(node)) return false;
  world_.send(node, wire::Message{std::move(bytes)});
  return true;
}

void Cluster::handle(const std::string& node, const wire::Message& frame, Now) {
  Peer& p = world_.peer(node);
  if (p.is_up()) return world_.ports.message(node, frame.bytes);
  if (p.early_messages.size() < early_messages_max) p.early_messages.push_back(frame.bytes);
}

void Cluster::handle(const std::string& node, const wire::HealNow& frame, Now now) {
  for (const std::string& apart : healing_.handle(node, frame)) {
    if (world_.membership.is_member(apart)) links_.establish(apart, world_.peer(apart), now);
  }
}

std::vector<std::string> Cluster::heal(Now now) {
  std::vector<std::string> nodes = healing_.heal_now();
  for (const std::string& node : nodes) links_.establish(node, world_.peer(node), now);
  return nodes;
}

// ---------------------------------------------------------------- discovery

void Cluster::probe(const std::string& node, Now now) {
  if (world_.shutting_down || node == world_.settings.self) return;
  Peer& p = world_.peer(node);
  if (p.link == LinkState::none && p.next_dial <= now.mono) links_.dial(node, p, now);
}

void Cluster::stay_out() {
  world_.membership.set_stays_out(true);
  world_.save();
}

// ---------------------------------------------------------------- inspection

bool Cluster::everybody_runs() const {
  const MemberRecords& records = world_.membership.records();
  return std::all_of(records.begin(), records.end(),
                     [this](const auto& item) { return !item.second.is_member() || running(item.first); });
}

std::string Cluster::oldest_running() const {
  return healing_.oldest_running();
}

std::string_view Cluster::node_of(Slot slot) const {
  const auto& names = world_.names_by_slot;
  return slot.value < names.size() ? std::string_view(names[slot.value]) : std::string_view();
}

RowStamp Cluster::row_stamp(Now now) {
  return {world_.stamp(now).time, hash_bytes(world_.settings.self)};
}

}  // namespace meshmq::cluster
