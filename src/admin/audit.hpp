#pragma once
// What operators have done on this node: who, from where, what, with which outcome.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/records.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

struct AuditEntry {
  WallMillis at = 0;
  std::string who{};     ///< application, administrator, or the Erlang node that asked
  std::string from{};    ///< address, or `command line`
  std::string action{};  ///< the command's name, or method and route
  std::string detail{};  ///< its words or its body, without secrets
  std::string result{};  ///< ok, or why not

  Json json(std::string_view node) const;
};

struct AuditSettings {
  bool on = true;                  ///< audit.enable
  std::size_t entries_max = 1000;  ///< audit.max_entries: in memory, for lists
};

/// Who does something, and from where.
struct Author {
  std::string who{};
  std::string from{};
};

/// Limit: AuditSettings::entries_max in memory, the oldest go; all are written by Records. Thread rule: one
/// owner, the control thread.
class Audit {
 public:
  Audit(std::string node, Records& records) : node_(std::move(node)), records_(records) {}

  void configure(const AuditSettings& settings) { settings_ = settings; }
  bool on() const { return settings_.on; }
  void record(AuditEntry entry);

  /// While it lives, what changes is this author's doing.
  class Acting {
   public:
    Acting(Audit& audit, Author author)
        : audit_(audit), before_(std::exchange(audit.author_, std::move(author))) {}
    Acting(const Acting&) = delete;
    Acting& operator=(const Acting&) = delete;
    ~Acting() { audit_.author_ = std::move(before_); }

   private:
    Audit& audit_;
    Author before_;
  };
  const Author& author() const { return author_; }

  /// The newest first.
  std::vector<AuditEntry> entries() const { return {entries_.rbegin(), entries_.rend()}; }
  const std::string& node() const { return node_; }

 private:
  const std::string node_;
  Records& records_;
  AuditSettings settings_;
  Author author_;
  std::deque<AuditEntry> entries_;
};

/// Whether a command only looks at something: such ones are not recorded.
bool only_reads(const std::vector<std::string>& words);
/// The words as they may be kept: passwords and secrets are `***`.
std::string without_secrets(const std::vector<std::string>& words);

}  // namespace meshmq::admin
