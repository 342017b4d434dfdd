// Keys of who may come in and do what: for all zones, then for one.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void zone(Target& t, const Value& v) {
  assign(t.zone->*Field, v);
}
template <auto Field>
void access(Target& t, const Value& v) {
  assign(t.config.access.*Field, v);
}

void acl_nomatch(Target& t, const Value& v) {
  t.zone->acl_nomatch_allow = v.text == "allow";
}
void acl_deny_action(Target& t, const Value& v) {
  t.zone->acl_deny_disconnect = v.text == "disconnect";
}

using B = broker::Config;
constexpr std::string_view nomatch_words = "allow deny";
constexpr std::string_view deny_words = "ignore disconnect";

constexpr Key table[] = {
    {"allow_anonymous", Type::boolean, "true",
     "Whether clients come in that no other way of authentication knows", zone<&B::allow_anonymous>},
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
    {"zone.*.allow_anonymous", Type::boolean, "", "As allow_anonymous, for this zone",
     zone<&B::allow_anonymous>},
    {"zone.*.enable_acl", Type::flag, "on", "Whether rules hold for the clients of this zone",
     zone<&B::enable_acl>},
    {"zone.*.acl_nomatch", Type::word, "", "As acl_nomatch", acl_nomatch, {}, nomatch_words},
    {"zone.*.acl_deny_action", Type::word, "", "As acl_deny_action", acl_deny_action, {}, deny_words},
};

}  // namespace

std::span<const Key> access_keys() {
  return table;
}

}  // namespace meshmq::config
