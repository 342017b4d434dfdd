#pragma once
// Who is at the other end of a distribution connection: names, flags, kinds.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshmq::erldist {

/// Capabilities that a node announces in the handshake (cluster-spec 11.3).
namespace flag {
inline constexpr std::uint64_t published = 0x1;
inline constexpr std::uint64_t extended_references = 0x4;
inline constexpr std::uint64_t fun_tags = 0x10;
inline constexpr std::uint64_t new_fun_tags = 0x80;
inline constexpr std::uint64_t extended_pids_ports = 0x100;
inline constexpr std::uint64_t export_ptr_tag = 0x200;
inline constexpr std::uint64_t bit_binaries = 0x400;
inline constexpr std::uint64_t new_floats = 0x800;
inline constexpr std::uint64_t utf8_atoms = 0x10000;
inline constexpr std::uint64_t map_tag = 0x20000;
inline constexpr std::uint64_t big_creation = 0x40000;
inline constexpr std::uint64_t handshake_23 = 0x1000000;
inline constexpr std::uint64_t unlink_id = 0x2000000;
inline constexpr std::uint64_t mandatory_25_digest = 0x4000000;
inline constexpr std::uint64_t spawn = 1ULL << 32;
inline constexpr std::uint64_t v4_nc = 1ULL << 34;
/// Ours alone; Erlang ignores bits that it does not know.
inline constexpr std::uint64_t meshmq = 1ULL << 60;

inline constexpr std::uint64_t mandatory = extended_references | fun_tags | new_fun_tags |
                                           extended_pids_ports | export_ptr_tag | bit_binaries | new_floats |
                                           utf8_atoms | map_tag | big_creation | handshake_23;
/// What this node announces: hidden, without atom cache and fragments, so that every frame stands alone.
inline constexpr std::uint64_t ours = mandatory | unlink_id | mandatory_25_digest | spawn | v4_nc;
}  // namespace flag

/// "EXTENDED_REFERENCES, UTF8_ATOMS" for the bits of `required` that `flags` lacks; empty if it has all.
std::string missing_flags(std::uint64_t flags, std::uint64_t required);

/// `name@host` split; both parts non-empty, exactly one @, at most 255 bytes.
struct NodeName {
  std::string alive;
  std::string host;
};
std::optional<NodeName> parse_node_name(std::string_view name);

/// A forwarding connection of worker N of `name@host` calls itself `name.fwdN@host`.
std::string forward_name(std::string_view node, std::uint16_t worker);
struct ForwardName {
  std::string node;
  std::uint16_t worker = 0;
};
std::optional<ForwardName> parse_forward_name(std::string_view name);

}  // namespace meshmq::erldist
