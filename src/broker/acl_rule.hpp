#pragma once
// One rule of who may publish and subscribe where (EMQ X 4.3's acl.conf).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "front/address_range.hpp"

namespace meshmq::broker {

enum class AclAction : std::uint8_t { publish = 1, subscribe = 2, pubsub = 3 };

/// What rules may ask about a client.
struct AclClient {
  std::string_view client_id;
  std::string_view username;  ///< empty: none
  std::string_view address;   ///< 4 or 16 bytes; empty: none
};

/// A regular expression, made where one may be (src/access). Thread rule: any.
class TextPattern {
 public:
  virtual ~TextPattern() = default;
  virtual bool matches(std::string_view text) const = 0;
};

/// Of whom a rule speaks.
struct AclWho {
  enum class Kind : std::uint8_t {
    everybody,
    client_id,          ///< `text`
    username,           ///< `text`
    client_id_pattern,  ///< `pattern`
    username_pattern,   ///< `pattern`; never a client without username
    address,            ///< `range`
    all_of,             ///< `parts`
    one_of,             ///< `parts`
  };
  Kind kind = Kind::everybody;
  std::string text{};
  std::shared_ptr<const TextPattern> pattern{};
  front::AddressRange range{};
  std::vector<AclWho> parts{};

  bool means(const AclClient& client) const;
};

/// Where a rule holds. `%c` and `%u` as whole levels stand for the client's id and username.
struct AclTopic {
  std::string filter;
  bool exact = false;  ///< {eq, Filter}: these very characters, not what they match
};

struct AclRule {
  bool allow = false;
  AclWho who{};
  AclAction action = AclAction::pubsub;
  bool everywhere = false;  ///< `{allow, all}.`: whatever the topic
  std::vector<AclTopic> topics{};

  bool speaks_of(AclAction what) const {
    return (static_cast<unsigned>(action) & static_cast<unsigned>(what)) != 0;
  }
};

/// In order: the first rule that speaks of client, action and topic decides. Immutable, shared by all
/// workers.
using AclRules = std::vector<AclRule>;
using AclRulesPtr = std::shared_ptr<const AclRules>;

}  // namespace meshmq::broker
