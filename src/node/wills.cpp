#include "node/wills.hpp"

#include <utility>

namespace meshmq::node {

namespace {

constexpr Slot own_slot(0);

}  // namespace

Wills::Wills(const Config& config, std::uint64_t incarnation, cluster::Cluster& cluster, SessionMoves& moves,
             Publish publish, Logger log)
    : config_(config),
      cluster_(cluster),
      moves_(moves),
      publish_(std::move(publish)),
      log_(log),
      dead_(config.name, incarnation, config.dead_node_wills, rows_, *this, log) {
  cluster_.replicator().add_table(cluster::LogEntry::Table::wills, rows_);
  moves_.on_row = [this](ClientKey key) { dead_.came_back(key); };
}

std::size_t Wills::bytes_of(const std::string& client_id) const {
  const WillRows::Rows* rows = rows_.of(own_slot);
  if (rows == nullptr) return 0;
  const auto row = rows->find(client_id);
  return row == rows->end() ? 0 : row->first.size() + row->second.size();
}

void Wills::write(const std::string& client_id, std::string value) {
  const bool add = !value.empty();
  own_bytes_ -= bytes_of(client_id);
  if (add) own_bytes_ += client_id.size() + value.size();
  full_ = full_ && own_bytes_ > config_.wills_bytes / 2;
  cluster_.replicator().write(
      {.table = cluster::LogEntry::Table::wills, .add = add, .key = client_id, .value = std::move(value)});
}

void Wills::handle(const WillLeft& m) {
  std::string value = encode_will({m.message, m.delay_s, m.detached_at});
  const std::size_t bytes = m.client_id.size() + value.size();
  if (own_bytes_ - bytes_of(m.client_id) + bytes <= config_.wills_bytes) {
    return write(m.client_id, std::move(value));
  }
  write(m.client_id, {});
  if (std::exchange(full_, true)) return;
  log_.warning(
      "The wills of clients have reached cluster.wills_bytes: further ones are not published if this node "
      "dies");
}

void Wills::handle(const WillDropped& m) {
  write(m.client_id, {});
}

void Wills::broadcast(const std::string& bytes) {
  for (const std::string& node : cluster_.membership().others()) (void)cluster_.send_message(node, bytes);
}

}  // namespace meshmq::node
