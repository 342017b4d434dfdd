#pragma once
// Erlang terms and the external term format (cluster nodes exchange them after the handshake).

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace meshmq::erldist {

/// One Erlang term. Identifiers that we only hand back (pids, references, ports, funs, big integers) keep the
/// bytes in which they came, so that a copy is exact.
struct Term {
  enum class Kind : std::uint8_t {
    atom,     ///< `text`
    integer,  ///< `integer`
    real,     ///< `real`
    binary,   ///< `text`
    string,   ///< a list of small integers, `text`
    tuple,    ///< `items`
    list,     ///< `items`; with `improper` the last one is the tail
    map,      ///< `items`: key, value, key, value...
    opaque,   ///< `text`: the encoded term, tag included
  };

  Kind kind = Kind::list;
  bool improper = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text{};
  std::vector<Term> items{};

  static Term atom(std::string_view name) { return {.kind = Kind::atom, .text = std::string(name)}; }
  static Term of(std::int64_t value) { return {.kind = Kind::integer, .integer = value}; }
  static Term binary(std::string_view bytes) { return {.kind = Kind::binary, .text = std::string(bytes)}; }
  static Term string(std::string_view chars) { return {.kind = Kind::string, .text = std::string(chars)}; }
  static Term tuple(std::vector<Term> items) { return {.kind = Kind::tuple, .items = std::move(items)}; }
  static Term list(std::vector<Term> items) { return {.kind = Kind::list, .items = std::move(items)}; }
  static Term opaque(std::string bytes) { return {.kind = Kind::opaque, .text = std::move(bytes)}; }

  bool is_atom(std::string_view name) const { return kind == Kind::atom && text == name; }
  bool is_tuple(std::size_t arity) const { return kind == Kind::tuple && items.size() == arity; }

  friend bool operator==(const Term&, const Term&) = default;
};

/// Limits for terms from outside: deeper or larger ones are refused.
inline constexpr int term_depth_max = 64;
inline constexpr std::size_t term_inflated_bytes_max = 16 * 1024 * 1024;

/// Decodes one term behind its version byte 131 from the front of `bytes` and removes it from there.
Result<Term> decode_term(std::string_view& bytes);
/// Appends 131 and the term.
void encode_term(const Term& term, std::string& out);

/// A pid of this node. Ids are 28 bits.
Term make_pid(std::string_view node, std::uint32_t id, std::uint32_t serial, std::uint32_t creation);
/// A reference of three words.
Term make_reference(std::string_view node, std::uint32_t creation, std::uint64_t id);

/// The characters of a string, binary, or (nested) list of them; what functions call a "string" or "iodata".
Result<std::string> text_of(const Term& term);

/// An atom as Erlang prints it: quoted only when needed.
std::string print_atom(std::string_view name);
/// Like io_lib:format("~p") on one line.
std::string print(const Term& term);

}  // namespace meshmq::erldist
