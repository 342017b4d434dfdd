#pragma once
// Sessions on disk between two processes of a node.

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "broker/moving.hpp"
#include "node/session_moves.hpp"
#include "node/store_writer.hpp"

namespace meshmq::node {

/// A node that ends writes down the sessions that nobody else has taken, and finds them when it starts. A
/// record is erased as soon as it is not the whole truth: when the client is back, when the session is over
/// or elsewhere. So an old session never comes back in the place of a newer one. Form on disk:
/// docs/storage.md. Thread rule: one owner.
class SessionKeeper {
 public:
  SessionKeeper(SessionMovesPorts& node, SessionMoves& moves, StoreWriter& writer)
      : node_(node), moves_(moves), writer_(writer) {}

  /// A record from disk: the session goes to its worker. `grace` as in SessionRestore.
  Result<void> load(std::string_view client_id, std::string_view record, Duration grace);
  /// To disk.
  void keep(const broker::RestingSession& session);
  /// Another node has it, its client is back, or it is over.
  void changed(std::string_view client_id);
  std::size_t size() const { return kept_.size(); }

 private:
  SessionMovesPorts& node_;
  SessionMoves& moves_;
  StoreWriter& writer_;
  std::unordered_set<std::string, StringHash, std::equal_to<>> kept_;  ///< client ids of the records
};

}  // namespace meshmq::node
