#pragma once
// The one table of configuration keys: name, type, default, limits, meaning, and where the value goes.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/value.hpp"

namespace meshmq::config {

/// Where a value is written. `zone` is the one that a `zone.<name>` or `mqtt` key belongs to. `listener` is
/// the one that a `listener.<kind>.<name>` key belongs to, `certificate` that of `sni.<name>` below it.
struct Target {
  Config& config;
  Listener* listener = nullptr;
  TlsCertificate* certificate = nullptr;
  AccessLine* access = nullptr;  ///< of `access.<n>`
  broker::Config* zone = nullptr;
  node::ConfiguredUser* user = nullptr;  ///< of auth.user.<n> or auth.client.<n>
  HttpListener* https = nullptr;         ///< of dashboard.listener.https, management.listener.https
  std::string_view name =
      {};  ///< of `module.subscription.<name>`: what the `*` of a key of modules stands for
};

/// The kinds of listeners, as their keys have them.
inline constexpr std::string_view listener_kinds[] = {"tcp", "ssl", "ws", "wss", "unix"};

/// A key that this version acts on. `*` in `key` stands for one level, a name that the user chooses; in the
/// tables, `{tcp,ssl}` for each of those words.
struct Key {
  std::string_view key;
  Type type;
  std::string_view fallback;  ///< default, as one would write it; empty: none
  std::string_view help;
  void (*apply)(Target&, const Value&);
  Range range = {};
  std::string_view words = {};  ///< for Type::word
};

/// A key of EMQ X 4.3 without effect here. The rule: a value that asks for what we do anyway is accepted in
/// silence; one whose absence would let in or reveal what the operator shut out is an error; all others are
/// warned about, so that a 4.3 file can be used as it is and nothing is ignored unsaid.
struct ForeignKey {
  enum class Reason : std::uint8_t {
    not_yet,   ///< belongs to a later version
    not_here,  ///< about the Erlang virtual machine or another part that MeshMQ does not have
  };
  std::string_view key;  ///< may end in `**`: everything below
  Reason reason;
  std::string_view same = {};  ///< the value that changes nothing
  bool refuse_others = false;
};

/// In the order of a configuration file: later keys override what earlier ones set for the same field.
std::span<const Key> keys();
/// Those of clients: mqtt.* count in every zone, zone.*.* in one and come later.
std::span<const Key> zone_keys();
/// Who may come in and do what; those without a dot count in every zone.
std::span<const Key> access_keys();
/// Whose `.listener.https` the key belongs to; nullptr: it is another one.
HttpListener* https_listener_of(Management& management, std::string_view key);
/// Those of listeners, `{...}` not expanded; part of keys().
std::span<const Key> listener_keys();
std::span<const Key> websocket_keys();
std::span<const Key> discovery_keys();
std::span<const Key> module_keys();
std::span<const Key> monitoring_keys();
std::span<const Key> observation_keys();
std::span<const Key> management_keys();
std::span<const ForeignKey> foreign_keys();

/// The row of a key with names in it; nullptr: there is none.
const Key* find_key(std::string_view key);

/// Whether `key` is an instance of `pattern`.
bool matches(std::string_view pattern, std::string_view key);
/// What the first `*` of the pattern stands for in the key.
std::string_view name_in(std::string_view pattern, std::string_view key);
/// The pattern with its `*` replaced.
std::string instance_of(std::string_view pattern, std::string_view name);

/// The pattern once for each word of its `{...}`; itself if it has none.
std::vector<std::string> expand(std::string_view pattern);

/// The table as Markdown, for docs/configuration.md.
std::string describe_keys();

}  // namespace meshmq::config
