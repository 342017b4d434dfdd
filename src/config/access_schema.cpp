// Keys of who may come in and do what: for all zones, then for one.

#include "config/assign.hpp"
#include "config/schema.hpp"
#include "sasl/password_hash.hpp"
#include "sasl/scram.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void zone_access(Target& t, const Value& v) {
  assign(t.zone->*Field, v);
}
template <auto Field>
void access(Target& t, const Value& v) {
  assign(t.config.access.*Field, v);
}

template <auto Field>
void node_access(Target& t, const Value& v) {
  assign(t.config.node.*Field, v);
}
template <auto Field>
void hashing(Target& t, const Value& v) {
  assign(t.config.node.password_hashing.*Field, v);
}
template <auto Field>
void user(Target& t, const Value& v) {
  assign(t.user->*Field, v);
}

void argon2_memory(Target& t, const Value& v) {
  t.config.node.password_hashing.memory_kib = static_cast<std::uint32_t>(v.number / 1024);
}
void flapping(Target& t, const Value& v) {
  t.config.node.broker.flapping = *parse_flapping(v.text);
}
void acl_nomatch(Target& t, const Value& v) {
  t.zone->acl_nomatch_allow = v.text == "allow";
}
void acl_deny_action(Target& t, const Value& v) {
  t.zone->acl_deny_disconnect = v.text == "disconnect";
}

using B = broker::Config;
using N = node::Config;
using H = sasl::PasswordHashing;
using U = node::ConfiguredUser;
constexpr std::string_view nomatch_words = "allow deny";
constexpr std::string_view deny_words = "ignore disconnect";

constexpr Key access_table[] = {
    {"allow_anonymous", Type::boolean, "true",
     "Whether clients come in that no other way of authentication knows", zone_access<&B::allow_anonymous>},
    {"acl_nomatch", Type::word, "allow", "What holds where no rule speaks", acl_nomatch, {}, nomatch_words},
    {"acl_deny_action",
     Type::word,
     "ignore",
     "What becomes of a client that does what it may not: only a refusal, or the end of its connection",
     acl_deny_action,
     {},
     deny_words},
    {"acl_file", Type::text, "", "File of rules; not set: those of the shipped etc/acl.conf",
     access<&Access::acl_file>},
    {"auth.user.*.username", Type::text, "", "User name of a client that comes in with auth.user.*.password",
     user<&U::name>},
    {"auth.user.*.password", Type::text, "", "Its password", user<&U::password>},
    {"auth.client.*.clientid", Type::text, "", "Id of a client that comes in with auth.client.*.password",
     user<&U::name>},
    {"auth.client.*.password", Type::text, "", "Its password", user<&U::password>},
    {"auth.mnesia.password_hash",
     Type::word,
     "argon2id",
     "How new passwords of `user` and `clientid` are kept; EMQ X's plain, md5, sha, sha256 and sha512 are "
     "quick "
     "to guess",
     hashing<&H::scheme>,
     {},
     sasl::password_schemes},
    {"auth.argon2.memory",
     Type::bytes,
     "8MB",
     "Memory that one argon2id takes: what makes guessing dear, and each CONNECT",
     argon2_memory,
     {65536, 1073741824}},
    {"auth.argon2.iterations",
     Type::integer,
     "1",
     "How many times it goes over that memory",
     hashing<&H::iterations>,
     {1, 100}},
    {"auth.scram.iterations",
     Type::integer,
     "4096",
     "How slow SCRAM passwords are to guess; for new ones",
     node_access<&N::scram_iterations>,
     {sasl::scram_iterations_min, sasl::scram_iterations_max}},
    {"auth.max_pending",
     Type::integer,
     "1000",
     "Clients whose passwords are checked at a time, and as many in SCRAM; others are told that the server "
     "is busy",
     node_access<&N::auth_pending_max>,
     {1, UINT32_MAX}},
    {"auth.timeout",
     Type::duration_ms,
     "10s",
     "Longest time for a check, and for a client to answer in enhanced authentication",
     node_access<&N::auth_timeout>,
     {1, INT64_MAX}},
    {"zone.*.allow_anonymous", Type::boolean, "", "As allow_anonymous, for this zone",
     zone_access<&B::allow_anonymous>},
    {"zone.*.enable_ban", Type::flag, "on", "Whether bans hold for the clients of this zone",
     zone_access<&B::enable_ban>},
    {"flapping_detect_policy", Type::flapping, "30, 1m, 5m",
     "Of zones that detect it: a client whose connections end so often within that time is banned for the "
     "other",
     flapping},
    {"zone.*.enable_flapping_detect", Type::flag, "off",
     "Whether clients of this zone that come and go all the time are banned",
     zone_access<&B::enable_flapping_detect>},
    {"zone.*.bypass_auth_plugins", Type::boolean, "false", "Whether passwords are not looked at in this zone",
     zone_access<&B::bypass_auth>},
    {"zone.*.enable_acl", Type::flag, "on", "Whether rules hold for the clients of this zone",
     zone_access<&B::enable_acl>},
    {"zone.*.acl_nomatch", Type::word, "", "As acl_nomatch", acl_nomatch, {}, nomatch_words},
    {"zone.*.acl_deny_action", Type::word, "", "As acl_deny_action", acl_deny_action, {}, deny_words},
};

}  // namespace

std::span<const Key> access_keys() {
  return access_table;
}

}  // namespace meshmq::config
