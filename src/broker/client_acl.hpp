#pragma once
// What one client may do where, made from the rules that speak of it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "broker/acl_rule.hpp"

namespace meshmq::broker {

/// `filter` is what a rule names, `topic` what a client wants: a topic name, or the filter of a SUBSCRIBE.
/// Unlike in a subscription, `+` and `#` at the front of a rule's filter take topics with `$` too. What an
/// allowed filter may hold is no more than the rule's (`a/+` does not allow `a/#`); what a forbidden one
/// holds may be (`a/+` forbids `a/#`).
bool acl_filter_takes(std::string_view filter, std::string_view topic, bool allow);
/// Whether what it takes depends on the client.
bool has_placeholder(const AclTopic& topic);

/// Who a client is does not change while it is connected: only what depends on the topic is left for
/// PUBLISH. Most clients share a few of these. Immutable. Thread rule: one owner (its worker).
class ClientAcl {
 public:
  /// `layers` are asked in order; `otherwise` is what holds where no rule speaks (acl_nomatch).
  static IntrusivePtr<ClientAcl> make(std::span<const AclRulesPtr> layers, const AclClient& client,
                                      bool otherwise);
  /// May do everything (superuser; zones without rules).
  static IntrusivePtr<ClientAcl> all();

  bool may_publish(std::string_view topic) const { return may(publish_, topic); }
  bool may_subscribe(std::string_view filter) const { return may(subscribe_, filter); }

  void add_ref() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }

 private:
  struct Entry {
    std::string filter;
    bool exact = false;
    bool allow = false;
  };
  /// Of one action: entries until one takes all topics.
  struct Side {
    std::vector<Entry> entries;
    bool otherwise = true;
  };

  ClientAcl() = default;
  static Side make_side(std::span<const AclRulesPtr> layers, const AclClient& client, AclAction action,
                        bool otherwise);
  /// Those at the end that only say what holds anyway.
  static void drop_idle_entries(Side& side);
  static bool may(const Side& side, std::string_view topic) {
    return side.entries.empty() ? side.otherwise : search(side, topic);
  }
  static bool search(const Side& side, std::string_view topic);

  std::uint32_t references_ = 1;
  Side publish_;
  Side subscribe_;
};

using ClientAclPtr = IntrusivePtr<ClientAcl>;

}  // namespace meshmq::broker
