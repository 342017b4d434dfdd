#include "erldist/peer.hpp"

#include <charconv>

namespace meshmq::erldist {

namespace {

struct NamedFlag {
  std::uint64_t bit;
  std::string_view name;
};

constexpr NamedFlag named_flags[] = {
    {flag::extended_references, "EXTENDED_REFERENCES"},
    {flag::fun_tags, "FUN_TAGS"},
    {flag::new_fun_tags, "NEW_FUN_TAGS"},
    {flag::extended_pids_ports, "EXTENDED_PIDS_PORTS"},
    {flag::export_ptr_tag, "EXPORT_PTR_TAG"},
    {flag::bit_binaries, "BIT_BINARIES"},
    {flag::new_floats, "NEW_FLOATS"},
    {flag::utf8_atoms, "UTF8_ATOMS"},
    {flag::map_tag, "MAP_TAG"},
    {flag::big_creation, "BIG_CREATION"},
    {flag::handshake_23, "HANDSHAKE_23"},
};

constexpr std::string_view forward_mark = ".fwd";

}  // namespace

std::string missing_flags(std::uint64_t flags, std::uint64_t required) {
  std::string result;
  for (const NamedFlag& f : named_flags) {
    if ((required & f.bit) == 0 || (flags & f.bit) != 0) continue;
    if (!result.empty()) result += ", ";
    result += f.name;
  }
  return result;
}

std::optional<NodeName> parse_node_name(std::string_view name) {
  const std::size_t at = name.find('@');
  if (name.size() > 255 || at == std::string_view::npos || at == 0 || at + 1 == name.size())
    return std::nullopt;
  if (name.find('@', at + 1) != std::string_view::npos) return std::nullopt;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
  }
  return NodeName{std::string(name.substr(0, at)), std::string(name.substr(at + 1))};
}

std::string forward_name(std::string_view node, std::uint16_t worker) {
  const std::size_t at = node.find('@');
  return std::string(node.substr(0, at)) + std::string(forward_mark) + std::to_string(worker) +
         std::string(node.substr(at));
}

std::optional<ForwardName> parse_forward_name(std::string_view name) {
  const auto parts = parse_node_name(name);
  if (!parts) return std::nullopt;
  const std::size_t mark = parts->alive.rfind(forward_mark);
  if (mark == std::string::npos || mark == 0) return std::nullopt;
  const char* const first = parts->alive.data() + mark + forward_mark.size();
  const char* const last = parts->alive.data() + parts->alive.size();
  ForwardName result;
  const auto [end, error] = std::from_chars(first, last, result.worker);
  if (error != std::errc() || end != last) return std::nullopt;
  result.node = parts->alive.substr(0, mark) + "@" + parts->host;
  return result;
}

}  // namespace meshmq::erldist
