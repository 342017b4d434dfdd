#include "node/forward_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/hash.hpp"
#include "node/fence.hpp"
#include "node/parcel_wire.hpp"

namespace meshmq::node {

ForwardLinks::ForwardLinks(const Config& config, WorkerIndex self, std::uint64_t incarnation,
                           WorkerPorts& ports, Logger log)
    : config_(config), self_(self), incarnation_(incarnation), ports_(ports), log_(log) {}

ForwardLinks::Outbound* ForwardLinks::outbound(Slot slot) {
  const auto it = outbound_.find(slot);
  return it == outbound_.end() ? nullptr : it->second.get();
}

// ---------------------------------------------------------------- peers

void ForwardLinks::peer_up(const PeerUp& peer, Now now) {
  auto& out = outbound_[peer.slot];
  if (out == nullptr) {
    // Numbers start anew with every sender: after a node was removed and joined again, too.
    const cluster::ForwardHello hello{
        .incarnation = hash_mix(incarnation_, ++senders_made_), .node = config_.name, .worker = self_.value};
    out.reset(new Outbound{.slot = peer.slot,
                           .node = peer.node,
                           .sender = cluster::ForwardSender(hello, config_.forward_keep),
                           .link = {}});
  }
  out->peer_up = true;
  out->keeps_no_more = false;
  out->pause = Duration(0);
  if (!out->connected && !out->dialing) dial(*out, now);
}

bool ForwardLinks::usable(Slot slot) const {
  const auto it = outbound_.find(slot);
  return it != outbound_.end() && it->second->peer_up;
}

template <class Which>
void ForwardLinks::hand_back(Outbound& out, Which&& which, std::vector<HandedBack>& back) {
  out.sender.withdraw_shared(
      [&](const cluster::ForwardSender::Unacknowledged& u) -> std::optional<std::string> {
        auto parcel = decode_parcel(u.bytes, true);
        if (!parcel || !which(u, *parcel->message)) return std::nullopt;
        std::string rest(ordinary_part(u.bytes));
        back.push_back({std::move(*parcel), rest.empty() ? u.token : 0});
        return rest;
      });
}

void ForwardLinks::peer_down(Slot slot, std::vector<HandedBack>& back) {
  Outbound* out = outbound(slot);
  if (out == nullptr) return;
  out->peer_up = false;
  // A link to a node that does not answer is of no use, even if TCP has not noticed yet.
  if (out->connected) ports_.link_close(out->link);
  const auto another_may_get_it = [](const auto& u, const mqtt::Message& message) {
    return !u.sent || message.qos() != mqtt::QoS::exactly_once;
  };
  hand_back(*out, another_may_get_it, back);
}

std::vector<Token> ForwardLinks::peer_gone(Slot slot, std::vector<HandedBack>& back) {
  Outbound* out = outbound(slot);
  if (out == nullptr) return {};
  hand_back(
      *out, [](const auto&, const mqtt::Message&) { return true; }, back);
  if (out->connected) {
    ports_.link_close(out->link);
    outbound_by_link_.erase(out->link);
  }
  std::vector<Token> tokens = out->sender.clear();
  counters_.dropped += tokens.size();
  // Nor does anything come from it any more.
  for (const auto& [link, in] : inbound_) {
    if (in.from.first == out->node) ports_.link_close(link);
  }
  // How far it had come stays known: until it hears of the parting it sends again what was not acknowledged.
  outbound_.erase(slot);
  std::erase(tokens, 0);
  return tokens;
}

// ---------------------------------------------------------------- outgoing

Forwarded ForwardLinks::forward(Slot slot, const Parcel& parcel, Token token, Now now) {
  Outbound* out = outbound(slot);
  if (out == nullptr) {
    ++counters_.dropped;
    return Forwarded::dropped;
  }
  const auto encode = [&](std::string& to) { encode_parcel(parcel, to); };
  const bool shared = parcel.picks != nullptr;
  out->dirty = true;
  const std::size_t waiting = out->sender.queued_bytes() + out->transport_bytes;
  if (waiting > config_.link_bytes_max) congested_ = true;
  if (parcel.message->qos() != mqtt::QoS::at_most_once) {
    out->sender.push_numbered(token, shared, now, encode);
    count_sent(*out);
    return token == 0 ? Forwarded::sent : Forwarded::tracked;
  }
  // Publishers are paused at the limit; what they had in their buffers by then still fits in as much again.
  if (waiting > 2 * config_.link_bytes_max) {
    ++counters_.dropped;
    return Forwarded::dropped;
  }
  out->sender.push_unnumbered(shared, encode);
  count_sent(*out);
  return Forwarded::sent;
}

bool ForwardLinks::keep(Slot slot, const Parcel& parcel, Now now) {
  Outbound* out = outbound(slot);
  if (out == nullptr || out->sender.queued_bytes() >= config_.forward_keep_bytes) {
    ++counters_.dropped;
    if (out != nullptr && !std::exchange(out->keeps_no_more, true)) {
      log_.warning("{} is away, and cluster.forward_keep_bytes wait for it: further messages are dropped",
                   out->node);
    }
    return false;
  }
  out->dirty = true;
  out->sender.push_numbered(0, false, now, [&](std::string& to) { encode_parcel(parcel, to); });
  count_sent(*out);
  return true;
}

void ForwardLinks::fence(Slot slot, const Parcel& fence) {
  Outbound* out = outbound(slot);
  if (out == nullptr) return;
  out->dirty = true;
  out->sender.push_unnumbered(false, [&](std::string& to) { encode_parcel(fence, to); });
}

void ForwardLinks::count_sent(Outbound& out) {
  ++counters_.sent;
  ++out.sent;
}

std::vector<NodeTraffic> ForwardLinks::traffic() const {
  std::vector<NodeTraffic> all;
  all.reserve(outbound_.size());
  for (const auto& [slot, out] : outbound_) all.push_back({out->node, out->sent});
  return all;
}

bool ForwardLinks::congested() {
  if (!congested_) return false;
  // Nobody waits for a node that is away.
  congested_ = std::any_of(outbound_.begin(), outbound_.end(), [&](const auto& item) {
    return item.second->peer_up &&
           item.second->sender.queued_bytes() + item.second->transport_bytes > config_.link_bytes_max;
  });
  return congested_;
}

bool ForwardLinks::settled() const {
  return std::none_of(outbound_.begin(), outbound_.end(), [](const auto& item) {
    return item.second->peer_up && item.second->sender.unacknowledged() > 0;
  });
}

void ForwardLinks::dial(Outbound& out, Now now) {
  out.dialing = true;
  out.next_dial = now.mono + config_.redial_max;
  ports_.dial(out.slot, out.node);
}

void ForwardLinks::pause_dialing(Outbound& out, Now now) {
  out.dialing = false;
  out.pause = std::clamp(out.pause * 2, config_.redial_min, config_.redial_max);
  out.next_dial = now.mono + out.pause;
}

void ForwardLinks::link_up(LinkId link, Slot slot, Now now) {
  Outbound* out = outbound(slot);
  if (out == nullptr || out->connected) return ports_.link_close(link);
  out->dialing = false;
  out->connected = true;
  out->link = link;
  out->transport_bytes = 0;
  outbound_by_link_[link] = out;
  ports_.link_send(link, out->sender.link_up(now.wall));
}

void ForwardLinks::dial_failed(Slot slot, Now now) {
  if (Outbound* out = outbound(slot)) pause_dialing(*out, now);
}

void ForwardLinks::link_drained(LinkId link) {
  const auto it = outbound_by_link_.find(link);
  if (it != outbound_by_link_.end()) it->second->transport_bytes = 0;
}

void ForwardLinks::handle_outbound(Outbound& out, const cluster::ForwardFrame& frame,
                                   std::vector<Token>& confirmed, Now now) {
  std::vector<Token> tokens;
  if (frame.kind == cluster::ForwardFrame::Kind::welcome) {
    tokens = out.sender.welcome(frame.seq);
    out.pause = Duration(0);
    out.dirty = true;
  } else if (frame.kind == cluster::ForwardFrame::Kind::acknowledge) {
    if (const auto since = out.sender.oldest_unacknowledged()) times_.add_ms((now.mono - *since).count());
    tokens = out.sender.acknowledge(frame.seq);
  }
  confirmed.insert(confirmed.end(), tokens.begin(), tokens.end());
}

std::optional<broker::ExplainStep> ForwardLinks::explain(std::string_view node) const {
  const auto it = std::find_if(outbound_.begin(), outbound_.end(),
                               [&](const auto& item) { return item.second->node == node; });
  if (it == outbound_.end()) return std::nullopt;
  const Outbound& out = *it->second;
  const std::size_t waiting = out.sender.queued_bytes() + out.transport_bytes;
  if (!out.peer_up) {
    return broker::ExplainStep{
        "link", false,
        fmt::format("{} is away: messages of QoS 1 and 2 wait for it, at most "
                    "cluster.forward_keep_bytes for cluster.forward_keep ({} bytes now)",
                    node, waiting)};
  }
  const bool connected = out.connected && out.sender.ready();
  return broker::ExplainStep{
      "link", true,
      fmt::format("{} {}, {} bytes wait (cluster.link_high_watermark = {})",
                  connected ? "connected to" : "connecting to", node, waiting, config_.link_bytes_max)};
}

// ---------------------------------------------------------------- incoming

void ForwardLinks::link_accepted(LinkId link, const std::string& origin, std::uint16_t origin_worker) {
  inbound_[link] = Inbound{.from = {origin, origin_worker}};
}

void ForwardLinks::handle_inbound(LinkId link, Inbound& in, const cluster::ForwardFrame& frame,
                                  std::vector<Parcel>& received, Now now) {
  if (frame.sent_at != 0) {
    // Times of acceptance by our clock: expiry counts the same wherever a message is. Frames that were held
    // up make the difference look too large, none too small.
    const WallMillis difference = now.wall - frame.sent_at;
    in.clock_ahead = std::min(in.clock_ahead.value_or(difference), difference);
  }
  if (frame.kind == cluster::ForwardFrame::Kind::hello) {
    if (frame.hello.node != in.from.first || frame.hello.worker != in.from.second) {
      log_.warning("Forwarding link of {} names itself {}, worker {}: closed", in.from.first,
                   frame.hello.node, frame.hello.worker);
      return ports_.link_close(link);
    }
    cluster::ForwardOrigin& origin = origins_[in.from];
    if (origin.incarnation != frame.hello.incarnation) origin = {frame.hello.incarnation, 0};
    in.greeted = true;
    ports_.link_send(link, cluster::encode_forward_welcome(origin.last_seq));
    return;
  }
  if (frame.kind == cluster::ForwardFrame::Kind::messages && in.greeted) receive(in, frame, received);
}

void ForwardLinks::receive(Inbound& in, const cluster::ForwardFrame& frame, std::vector<Parcel>& received) {
  cluster::ForwardOrigin& origin = origins_[in.from];
  std::uint64_t seq = frame.seq;
  for (const auto& [numbered, shared, bytes] : frame.messages) {
    if (numbered) {
      in.acknowledge = true;
      // Seen already: it was resent because the acknowledgement was lost with a link.
      if (seq <= origin.last_seq) {
        ++seq;
        continue;
      }
      origin.last_seq = seq++;
    }
    if (bytes.empty()) continue;  // withdrawn
    auto parcel = decode_parcel(bytes, shared, in.clock_ahead.value_or(0));
    if (!parcel) {
      log_.error("From {}: {}", in.from.first, parcel.error().message);
      ++counters_.dropped;
      continue;
    }
    if (!is_fence(*parcel)) ++counters_.received;
    received.push_back(std::move(*parcel));
  }
}

// ---------------------------------------------------------------- both

void ForwardLinks::link_frame(LinkId link, std::string_view bytes, std::vector<Parcel>& received,
                              std::vector<Token>& confirmed, Now now) {
  const auto frame = cluster::decode_forward_frame(bytes);
  const auto out = outbound_by_link_.find(link);
  const auto in = inbound_.find(link);
  const bool is_out = out != outbound_by_link_.end();
  if (!is_out && in == inbound_.end()) return;
  if (!frame) {
    const std::string& node = is_out ? out->second->node : in->second.from.first;
    log_.warning("Forwarding link {} {} closed: {}", is_out ? "to" : "of", node, frame.error().message);
    return ports_.link_close(link);
  }
  if (is_out) return handle_outbound(*out->second, *frame, confirmed, now);
  handle_inbound(link, in->second, *frame, received, now);
}

void ForwardLinks::link_down(LinkId link, Now now) {
  inbound_.erase(link);
  const auto it = outbound_by_link_.find(link);
  if (it == outbound_by_link_.end()) return;
  Outbound& out = *it->second;
  outbound_by_link_.erase(it);
  out.connected = false;
  out.transport_bytes = 0;
  out.sender.link_down();
  pause_dialing(out, now);
}

void ForwardLinks::end_of_turn(Now now) {
  for (auto& [slot, out] : outbound_) {
    if (!out->dirty || !out->connected) continue;
    for (std::string frame; !(frame = out->sender.take_frame(now.wall)).empty();) {
      out->transport_bytes = ports_.link_send(out->link, frame);
    }
    out->dirty = false;
  }
  for (auto& [link, in] : inbound_) {
    if (!in.acknowledge) continue;
    in.acknowledge = false;
    ports_.link_send(link, cluster::encode_forward_acknowledge(origins_[in.from].last_seq));
  }
}

void ForwardLinks::tick(Now now, std::vector<Token>& dropped, std::vector<HandedBack>& back) {
  const auto is_late = [&](const auto& u, const mqtt::Message&) {
    return u.since + config_.forward_keep <= now.mono;
  };
  for (auto& [slot, out] : outbound_) {
    if (out->sender.unacknowledged() != 0 && !out->sender.ready()) hand_back(*out, is_late, back);
    if (out->peer_up && !out->connected && !out->dialing && out->next_dial <= now.mono) dial(*out, now);
    for (const Token token : out->sender.expire(now)) {
      ++counters_.dropped;
      if (token != 0) dropped.push_back(token);
    }
  }
}

}  // namespace meshmq::node
