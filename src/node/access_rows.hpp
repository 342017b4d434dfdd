#pragma once
// Rows of the tables of access, as values and as bytes (docs/wire/access-v1.md).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "broker/acl_rule.hpp"
#include "sasl/scram.hpp"

namespace meshmq::node {

/// What a user, a rule or a ban is about. Numbered on the wire and on disk.
enum class SubjectKind : std::uint8_t {
  everybody = 0,  ///< rules only
  client_id = 1,
  username = 2,
  peerhost = 3,  ///< bans only; an address as text
};
/// "clientid", "username", "peerhost", "_all"
std::string_view to_string(SubjectKind kind);

struct Subject {
  SubjectKind kind = SubjectKind::client_id;
  std::string name;  ///< empty: everybody

  /// Nothing if `host` is no address.
  static std::optional<Subject> of_peerhost(std::string_view host);
  std::string key() const;
  static std::optional<Subject> from_key(std::string_view key);
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

/// A password that lets in. Key: Subject::key().
struct UserRow {
  WallMillis created_at = 0;
  std::string hash{};  ///< as src/sasl makes and reads it

  std::string encode() const;
  static std::optional<UserRow> decode(std::string_view bytes);
};

/// One topic of one subject. Key: rule_key().
struct RuleRow {
  WallMillis created_at = 0;
  broker::AclAction action = broker::AclAction::pubsub;
  bool allow = false;

  std::string encode() const;
  static std::optional<RuleRow> decode(std::string_view bytes);
};
std::string rule_key(const Subject& subject, std::string_view topic);
struct RuleKey {
  Subject subject;
  std::string topic;
};
std::optional<RuleKey> rule_from_key(std::string_view key);

/// Somebody who may not connect. Key: Subject::key().
struct BanRow {
  std::string by{};
  std::string reason{};
  std::int64_t at_s = 0;     ///< seconds since 1970
  std::int64_t until_s = 0;  ///< 0: for ever

  bool over(WallMillis now) const { return until_s != 0 && until_s * 1000 <= now; }
  std::string encode() const;
  static std::optional<BanRow> decode(std::string_view bytes);
};

/// What SCRAM knows of a user. Key: the mechanism's number (u8) and the username.
struct ScramRow {
  WallMillis created_at = 0;
  sasl::ScramVerifier verifier{};

  std::string encode() const;
  static std::optional<ScramRow> decode(std::string_view bytes);
};
std::string scram_key(sasl::Digest digest, std::string_view username);

}  // namespace meshmq::node
