#include "cluster/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace meshmq::cluster {

namespace {

std::string_view name_of(LogEntry::Table table) {
  switch (table) {
    case LogEntry::Table::routes:
      return "routes";
    case LogEntry::Table::clients:
      return "sessions";
    case LogEntry::Table::groups:
      return "shared groups";
    default:
      return "rows";
  }
}

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::removed:
      return "removed";
    case Standing::member:
      return "a member";
    case Standing::cleaned:
      return "cleaned away";
  }
  return "unknown";
}

/// What nodes say, side by side. What changes while it is looked at may be under way, and is no difference.
class Comparison {
 public:
  using Replies = std::map<std::string, wire::VerifyReply>;

  /// `before`: what they said at the look before this one; empty: there was none.
  Comparison(const Replies& replies, const Replies& before, const SharedSync& shared, VerifyReport& report)
      : replies_(replies), before_(before), shared_(shared), report_(report) {}

  /// True: something differs, and may still be under way.
  bool run() {
    for (const auto& [node, reply] : replies_) {
      compare_members(node, reply);
      compare_shared(node, reply);
      for (const auto& [owner, state] : reply.owners) compare_owner(node, owner, state);
    }
    return !report_.differences.empty() || !report_.busy.empty();
  }
  /// (replica, owner) to be fetched anew.
  const std::vector<std::pair<std::string, std::string>>& damaged() const { return damaged_; }
  bool shared_tables_differ() const { return shared_differ_; }

 private:
  template <class... Values>
  void differ(fmt::format_string<Values...> text, Values&&... values) {
    report_.differences.push_back(fmt::format(text, std::forward<Values>(values)...));
  }
  static wire::TableSum sum_at(const Replies& replies, const std::string& node, std::uint8_t table) {
    const auto reply = replies.find(node);
    if (reply == replies.end()) return {};
    const auto sum = reply->second.shared.find(table);
    return sum == reply->second.shared.end() ? wire::TableSum() : sum->second;
  }
  bool stood_still(const std::string& node, std::uint8_t table) const {
    return before_.contains(node) && sum_at(before_, node, table) == sum_at(replies_, node, table);
  }
  /// Whether a replica that lags has got on since the look before.
  bool gets_on(const std::string& node, const std::string& owner, const wire::OwnerState& state) const {
    const auto reply = before_.find(node);
    if (reply == before_.end()) return true;
    const auto known = reply->second.owners.find(owner);
    return known == reply->second.owners.end() || known->second.seq != state.seq ||
           known->second.incarnation != state.incarnation;
  }

  void compare_members(const std::string& node, const wire::VerifyReply& reply) {
    const auto& [first, reference] = *replies_.begin();
    for (const auto& [name, record] : reference.records) {
      const auto theirs = reply.records.find(name);
      if (theirs != reply.records.end() && theirs->second == record) continue;
      differ("membership: {} is {} at {}, {} at {}", name, name_of(record.standing), first,
             theirs == reply.records.end() ? "unknown" : name_of(theirs->second.standing), node);
    }
    for (const auto& [name, record] : reply.records) {
      if (!reference.records.contains(name))
        differ("membership: {} is {} at {}, unknown at {}", name, name_of(record.standing), node, first);
    }
  }

  void compare_shared(const std::string& node, const wire::VerifyReply& reply) {
    const auto& [first, reference] = *replies_.begin();
    if (node == first) {
      for (const auto& [table, sum] : reply.shared) report_.shared_rows += sum.rows;
      return;
    }
    std::set<std::uint8_t> tables;
    for (const auto& [table, sum] : reference.shared) tables.insert(table);
    for (const auto& [table, sum] : reply.shared) tables.insert(table);
    for (const std::uint8_t table : tables) {
      const wire::TableSum a = sum_at(replies_, first, table);
      const wire::TableSum b = sum_at(replies_, node, table);
      if (a == b) continue;
      const std::string_view known = shared_.name_of(table);
      const std::string name = known.empty() ? fmt::format("shared table {}", table) : std::string(known);
      if (!stood_still(first, table) || !stood_still(node, table)) {
        report_.busy.push_back(
            fmt::format("{}: {} rows at {}, {} at {}, and changing", name, a.rows, first, b.rows, node));
        continue;
      }
      shared_differ_ = true;
      differ("{}: {} rows at {}, {} at {}{}", name, a.rows, first, b.rows, node,
             a.rows == b.rows ? ", but not the same" : "");
    }
  }

  void compare_owner(const std::string& node, const std::string& owner, const wire::OwnerState& state) {
    if (node == owner) {
      for (const auto& [table, sum] : state.sums) report_.rows += sum.rows;
      return;
    }
    const auto origin = replies_.find(owner);
    if (origin == replies_.end()) return;
    const wire::OwnerState& truth = origin->second.owners.at(owner);
    if (state.incarnation != truth.incarnation || state.seq != truth.seq) {
      if (gets_on(node, owner, state)) {
        return report_.busy.push_back(
            fmt::format("{} has the rows of {} up to change {}, it is at {}, and both go on", node, owner,
                        state.seq, truth.seq));
      }
      return differ("{} has the rows of {} up to change {}, it is at {}", node, owner, state.seq, truth.seq);
    }
    bool damage = false;
    for (const auto table : {LogEntry::Table::routes, LogEntry::Table::clients, LogEntry::Table::groups}) {
      const wire::TableSum ours = wire::sum_of(state.sums, table);
      const wire::TableSum theirs = wire::sum_of(truth.sums, table);
      if (ours == theirs) continue;
      damage = true;
      differ("{} of {}: {} has {}, {} has {}{}", name_of(table), owner, node, ours.rows, owner, theirs.rows,
             ours.rows == theirs.rows ? ", but not the same" : "");
    }
    if (damage) damaged_.emplace_back(node, owner);
  }

  const Replies& replies_;
  const Replies& before_;
  const SharedSync& shared_;
  VerifyReport& report_;
  std::vector<std::pair<std::string, std::string>> damaged_;
  bool shared_differ_ = false;
};

}  // namespace

void Verification::verify(OperationId operation, Now now) {
  running_.push_back({.operation = operation, .id = ++last_id_});
  ask(running_.back(), now);
  if (running_.back().asked.size() == 1) compare(running_.back(), now);
}

void Verification::ask(Running& running, Now now) {
  running.asked = world_.running_nodes();
  running.before = std::exchange(running.replies, {});
  running.again.reset();
  running.deadline = now.mono + answer_wait;
  world_.broadcast(wire::VerifyRequest{running.id});
  running.replies[world_.settings.self] = count(running.id);
}

wire::VerifyReply Verification::count(std::uint64_t id) const {
  wire::VerifyReply reply{.id = id, .records = world_.membership.records()};
  reply.shared = world_.shared_sync.count();
  const Replicator& replicator = world_.replicator;
  reply.owners[world_.settings.self] = {.incarnation = world_.settings.incarnation, .seq = replicator.last()};
  for (const auto& [node, p] : world_.peers) {
    if (p.is_up()) reply.owners[node] = replicator.position_of(node);
  }
  for (auto& [slot, sums] : replicator.count_rows()) {
    const std::string node = slot.value == 0 ? world_.settings.self : world_.names_by_slot.at(slot.value);
    const auto owner = reply.owners.find(node);
    if (owner != reply.owners.end()) owner->second.sums = sums;
  }
  return reply;
}

void Verification::handle(const std::string& node, const wire::VerifyRequest& frame) {
  if (world_.running(node)) world_.send(node, count(frame.id));
}

void Verification::handle(const std::string& node, const wire::VerifyReply& frame, Now now) {
  for (Running& running : running_) {
    if (running.id != frame.id || running.again || !running.asked.contains(node)) continue;
    running.replies[node] = frame;
    if (running.replies.size() == running.asked.size()) compare(running, now);
    return;  // compare() may have ended it
  }
}

void Verification::compare(Running& running, Now now) {
  VerifyReport report;
  Comparison comparison(running.replies, running.before, world_.shared_sync, report);
  if (comparison.run() && --running.tries_left > 0) {
    running.again = now.mono + pause;
    return;
  }
  for (const auto& [replica, owner] : comparison.damaged()) {
    if (replica == world_.settings.self) {
      world_.replicator.fetch_anew(owner);
    } else {
      world_.send(replica, wire::Resync{owner});
    }
  }
  if (comparison.shared_tables_differ()) {
    world_.broadcast(wire::Resync{});
    world_.shared_sync.compare_anew();
  }
  for (const std::string& node : running.asked) {
    (running.replies.contains(node) ? report.nodes : report.silent).push_back(node);
  }
  const OperationId operation = running.operation;
  std::erase_if(running_, [&](const Running& item) { return item.operation == operation; });
  world_.ports.verified(operation, report);
}

void Verification::handle(const std::string& node, const wire::Resync& frame) {
  if (frame.owner.empty()) {
    world_.log.error("{} found that shared tables differ: comparing them with all nodes", node);
    return world_.shared_sync.compare_anew();
  }
  world_.log.error("{} found that the rows of {} differ here: fetching all of them", node, frame.owner);
  world_.replicator.fetch_anew(frame.owner);
}

void Verification::tick(Now now) {
  // compare() may end one: ids stay valid, places do not.
  std::vector<std::uint64_t> ids;
  for (const Running& running : running_) ids.push_back(running.id);
  for (const std::uint64_t id : ids) {
    const auto it = std::find_if(running_.begin(), running_.end(),
                                 [id](const Running& running) { return running.id == id; });
    if (it->again) {
      if (*it->again <= now.mono) ask(*it, now);
    } else if (it->deadline <= now.mono || it->asked.size() == 1) {
      compare(*it, now);
    }
  }
}

}  // namespace meshmq::cluster
