#pragma once
// What operators and programs want to know of a key besides its row in the schema: when a change of it
// counts, whom it is about, in which words it is written.

#include <string>
#include <string_view>

#include "config/value.hpp"

namespace meshmq::config {

/// When a value that is changed while the node runs begins to count.
enum class Effect : std::uint8_t {
  at_once,
  new_clients,  ///< for connections that begin later
  restart,      ///< of the node
  file_only,    ///< of the node, and `conf set` does not touch it: other programs read it from the file
};

std::string_view to_string(Effect effect);

/// `key` is a key of the schema or an instance of one.
Effect effect_of(std::string_view key);
/// Of the rules behind it, the first that is about no key: a mistake. Empty: there is none.
std::string_view rule_without_key();
/// Whether its value is not to be shown.
bool is_secret(std::string_view key);
/// node, zone or listener.
std::string_view scope_of(std::string_view key);
/// Its first level: cluster, zone, module; `access` for those without a dot.
std::string_view group_of(std::string_view key);

/// string, flag, duration, size, ...
std::string_view type_name(Type type);
/// The units in which it is written, with `|` between them; empty: none.
std::string_view units_of(Type type);

}  // namespace meshmq::config
