#include "node/evacuation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node {

namespace {

/// Smaller numbers are those of wills (dead_wills.cpp).
enum class LoadKind : std::uint8_t { rebalance = 56, load = 57 };

constexpr Duration no_end = std::chrono::hours(24 * 365);

}  // namespace

Evacuation::Evacuation(const Config& config, ControlPorts& ports, cluster::Cluster& cluster,
                       SessionMoves& moves, Logger log)
    : config_(config), cluster_(cluster), moves_(moves), log_(log), shedding_(config.workers, ports) {}

bool Evacuation::is_about_load(std::string_view bytes) {
  if (bytes.empty()) return false;
  const auto kind = static_cast<LoadKind>(static_cast<std::uint8_t>(bytes[0]));
  return kind == LoadKind::rebalance || kind == LoadKind::load;
}

std::vector<std::string> Evacuation::running() const {
  std::vector<std::string> result;
  for (const std::string& node : cluster_.membership().others()) {
    if (cluster_.running(node)) result.push_back(node);
  }
  return result;
}

void Evacuation::broadcast(const std::string& bytes) {
  for (const std::string& node : running()) (void)cluster_.send_message(node, bytes);
}

// ---------------------------------------------------------------- beginning and end

Result<void> Evacuation::may_begin() const {
  if (what_ == Shedding::evacuation) return fail(Errc::already_exists, "this node is being evacuated");
  if (what_ == Shedding::rebalancing) return fail(Errc::already_exists, "the cluster is being rebalanced");
  if (running().empty()) return fail(Errc::unreachable, "no other node is running");
  return {};
}

void Evacuation::begin(Shedding what, std::size_t rate, Now now) {
  what_ = what;
  done_ = false;
  begun_at_ = now.wall;
  at_start_.reset();
  moved_ = 0;
  handover_.reset();
  loads_.clear();
  budget_.reset();
  next_report_ = uneven_ = changed_ = now.mono;
  sent_before_ = 0;
  shedding_.begin(rate == 0 ? config_.evacuation_rate : rate, now);
}

void Evacuation::end() {
  what_ = Shedding::none;
  moves_.decline_offers(false);
  shedding_.end();
}

Result<void> Evacuation::evacuate(std::size_t rate, Now now) {
  if (auto good = may_begin(); !good) return good;
  begin(Shedding::evacuation, rate, now);
  moves_.decline_offers(true);
  log_.warning("This node is evacuated: {} clients per second are sent to other nodes", shedding_.rate());
  return {};
}

Result<void> Evacuation::rebalance(std::size_t rate, Now now) {
  if (auto good = may_begin(); !good) return good;
  begin(Shedding::rebalancing, rate, now);
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(LoadKind::rebalance));
  w.u8(1);
  w.u32(static_cast<std::uint32_t>(shedding_.rate()));
  broadcast(bytes);
  log_.info("Clients are evened out between the nodes, {} per second and node", shedding_.rate());
  return {};
}

bool Evacuation::stop(Shedding what) {
  if (what_ != what) return false;
  log_.info("{} is ended: {} clients were sent away, {} are here",
            what == Shedding::evacuation ? "The evacuation" : "Rebalancing", shedding_.sent(),
            shedding_.connections());
  end();
  if (what == Shedding::evacuation) return true;
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(LoadKind::rebalance));
  w.u8(0);
  w.u32(0);
  broadcast(bytes);
  return true;
}

EvacuationStatus Evacuation::status() const {
  EvacuationStatus result{.what = what_,
                          .done = done_,
                          .rate = shedding_.rate(),
                          .begun_at = begun_at_,
                          .connections_at_start = at_start_.value_or(0),
                          .connections = shedding_.connections(),
                          .sessions = shedding_.sessions(),
                          .sent_away = shedding_.sent(),
                          .sessions_moved = handover_ ? handover_->moved() : moved_};
  if (what_ != Shedding::rebalancing) return result;
  for (const auto& [node, load] : loads_) result.loads[node] = load.connections;
  result.loads[config_.name] = shedding_.connections();
  return result;
}

// ---------------------------------------------------------------- other nodes

void Evacuation::message(const std::string& node, std::string_view bytes, Now now) {
  ByteReader r(bytes);
  if (static_cast<LoadKind>(r.u8()) == LoadKind::load) {
    const Load load{.connections = r.u64(), .evacuating = r.u8() != 0, .said = now.mono};
    if (r.ok() && what_ == Shedding::rebalancing) loads_[node] = load;
    return;
  }
  const bool on = r.u8() != 0;
  const std::uint32_t rate = r.u32();
  if (!r.ok()) return;
  if (on && what_ == Shedding::none) begin(Shedding::rebalancing, rate, now);
  if (!on && what_ == Shedding::rebalancing) end();
}

void Evacuation::report_load(Now now) {
  if (!shedding_.counted() || now.mono < next_report_) return;
  next_report_ = now.mono + report_interval;
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(static_cast<std::uint8_t>(LoadKind::load));
  w.u64(shedding_.connections());
  w.u8(what_ == Shedding::evacuation ? 1 : 0);
  broadcast(bytes);
}

std::optional<double> Evacuation::mean_load(Now now) const {
  double sum = static_cast<double>(shedding_.connections());
  double nodes = 1;
  for (const std::string& node : running()) {
    const auto load = loads_.find(node);
    if (load == loads_.end() || load->second.said + load_lifetime < now.mono) return std::nullopt;
    if (load->second.evacuating) continue;
    sum += static_cast<double>(load->second.connections);
    ++nodes;
  }
  return sum / nodes;
}

// ---------------------------------------------------------------- at work

void Evacuation::tick(Now now) {
  if (what_ == Shedding::none) return;
  shedding_.tick(now);
  if (!shedding_.counted()) return;
  if (!at_start_) at_start_ = shedding_.connections();
  report_load(now);
  what_ == Shedding::evacuation ? tick_evacuation(now) : tick_rebalancing(now);
}

void Evacuation::tick_evacuation(Now now) {
  // With nobody to go to they stay; nobody new comes all the same.
  shedding_.allow(running().empty() ? 0 : SIZE_MAX, true);
  if (shedding_.connections() > 0) {
    done_ = false;
    return;
  }
  if (done_) return;
  if (!handover_) {
    handover_.emplace(config_, cluster_, moves_, log_);
    handover_->begin(no_end, now);
  }
  if (!handover_->advance(now)) return;
  moved_ = handover_->moved();
  done_ = true;
  log_.warning("This node is evacuated: {} clients were sent away, {} sessions moved, {} are left",
               shedding_.sent(), moved_, moves_.held().size());
}

void Evacuation::tick_rebalancing(Now now) {
  const auto mean = mean_load(now);
  if (!mean) {
    shedding_.allow(0, false);
    if (changed_ + give_up_wait <= now.mono) end();
    return;
  }
  const double limit = *mean * (1 + static_cast<double>(config_.rebalance_tolerance) / 100) + 1;
  const auto own = static_cast<double>(shedding_.connections());
  const bool too_many = own > limit;
  const auto excess = static_cast<std::size_t>(std::max(0.0, own - std::ceil(*mean)));
  if (!budget_) budget_ = too_many ? excess : 0;
  const std::size_t left = *budget_ - std::min(*budget_, shedding_.sent());
  const bool sheds = too_many && left > 0;
  shedding_.allow(sheds ? std::min(excess, left) : 0, sheds);
  if (std::exchange(sent_before_, shedding_.sent()) != shedding_.sent()) changed_ = now.mono;

  bool uneven = too_many;
  for (const auto& [node, load] : loads_) {
    uneven = uneven || (!load.evacuating && static_cast<double>(load.connections) > limit);
  }
  if (uneven) uneven_ = now.mono;
  const bool over = uneven_ + even_wait <= now.mono || changed_ + give_up_wait <= now.mono;
  if (!over) return;
  done_ = !uneven;
  log_.info("Rebalancing is over: {} clients were sent away, {} are here, {:.0f} are the mean",
            shedding_.sent(), shedding_.connections(), *mean);
  end();
}

}  // namespace meshmq::node
