#include "server/node_store.hpp"

#include <utility>

#include "net/clock.hpp"

namespace meshmq::server {

namespace {

store::CommitOptions commit_options(const config::Store& store) {
  using store::SyncPolicy;
  SyncPolicy policy = SyncPolicy::every;
  if (store.sync == "interval") policy = SyncPolicy::interval;
  if (store.sync == "off") policy = SyncPolicy::never;
  return {.sync = policy, .sync_interval = store.sync_interval};
}

}  // namespace

Result<std::unique_ptr<NodeStore>> NodeStore::open(const config::Config& config, Logger log) {
  std::unique_ptr<NodeStore> result(new NodeStore(config.data_dir + "/store", config.node.name, log));
  if (auto opened = result->open(); !opened) return tl::unexpected<Error>(std::move(opened.error()));
  return result;
}

Result<void> NodeStore::open() {
  auto opened = store::Database::open(path_, node_);
  if (!opened && opened.error().code == Errc::malformed) return begin_anew(opened.error().message);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  database_ = std::move(*opened);
  return {};
}

Result<void> NodeStore::begin_anew(const std::string& damage) {
  database_.reset();
  const auto kept = store::Database::set_aside(path_);
  if (!kept) return fail(kept.error().code, damage + "; " + kept.error().message);
  log_.critical("{}. It is kept as {}; this node goes on with a new one, and with what its cluster has",
                damage, *kept);
  auto opened = store::Database::open(path_, node_);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  database_ = std::move(*opened);
  return {};
}

Result<void> NodeStore::load(node::Control& control) {
  bool complete = true;
  for (const node::StoreArea area : {node::StoreArea::rows, node::StoreArea::sessions}) {
    auto read = database_->for_each(
        area, [&](std::string_view key, std::string_view value) { control.load(area, key, value); });
    if (read) continue;
    if (read.error().code != Errc::malformed) return read;
    if (auto begun = begin_anew(read.error().message); !begun) return begun;
    complete = false;
  }
  control.loaded(complete, net::read_clock());
  return {};
}

void NodeStore::begin(const config::Config& config) {
  thread_ = std::make_unique<store::CommitThread>(std::move(database_), commit_options(config.store), log_);
}

void NodeStore::put(node::StoreBatch batch, store::CommitThread::Done done) {
  if (thread_) thread_->put(std::move(batch), std::move(done));
}

void NodeStore::close() {
  if (thread_) thread_->stop();
}

}  // namespace meshmq::server
