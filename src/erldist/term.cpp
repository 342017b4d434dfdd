#include "erldist/term.hpp"

#include <bit>

#include "base/bytes.hpp"

namespace meshmq::erldist {

namespace {

constexpr std::uint8_t version_byte = 131;

enum Tag : std::uint8_t {
  tag_new_float = 70,
  tag_bit_binary = 77,
  tag_compressed = 80,
  tag_new_pid = 88,
  tag_new_port = 89,
  tag_newer_reference = 90,
  tag_small_integer = 97,
  tag_integer = 98,
  tag_float = 99,
  tag_atom = 100,
  tag_reference = 101,
  tag_port = 102,
  tag_pid = 103,
  tag_small_tuple = 104,
  tag_large_tuple = 105,
  tag_nil = 106,
  tag_string = 107,
  tag_list = 108,
  tag_binary = 109,
  tag_small_big = 110,
  tag_large_big = 111,
  tag_new_fun = 112,
  tag_export = 113,
  tag_new_reference = 114,
  tag_small_atom = 115,
  tag_map = 116,
  tag_utf8_atom = 118,
  tag_small_utf8_atom = 119,
  tag_v4_port = 120,
};

std::string latin1_to_utf8(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | byte >> 6);
      result += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return result;
}

/// Recursive descent with a depth limit. Counts are never trusted: every element takes at least one byte.
class TermReader {
 public:
  explicit TermReader(std::string_view bytes) : r_(bytes) {}

  Result<Term> read_one() {
    if (r_.u8() != version_byte) return fail(Errc::malformed, "term does not begin with 131");
    Term term;
    if (!read(term, 0) || !r_.ok()) return fail(Errc::malformed, "malformed term: " + why_);
    return term;
  }
  std::string_view rest() const { return r_.rest(); }

 private:
  bool bad(std::string_view why) {
    if (why_.empty()) why_ = why;
    return false;
  }

  bool read(Term& out, int depth) {
    if (depth > term_depth_max) return bad("nested too deeply");
    const std::string_view from = r_.rest();
    const std::uint8_t tag = r_.u8();
    if (!r_.ok()) return bad("cut short");
    switch (tag) {
      case tag_small_integer:
        out = Term::of(r_.u8());
        break;
      case tag_integer:
        out = Term::of(static_cast<std::int32_t>(r_.u32()));
        break;
      case tag_new_float:
        out = {.kind = Term::Kind::real, .real = std::bit_cast<double>(r_.u64())};
        break;
      case tag_atom:
        out = Term::atom(latin1_to_utf8(r_.bytes16()));
        break;
      case tag_small_atom:
        out = Term::atom(latin1_to_utf8(r_.bytes(r_.u8())));
        break;
      case tag_utf8_atom:
        out = Term::atom(r_.bytes16());
        break;
      case tag_small_utf8_atom:
        out = Term::atom(r_.bytes(r_.u8()));
        break;
      case tag_binary:
        out = Term::binary(r_.bytes32());
        break;
      case tag_string:
        out = Term::string(r_.bytes16());
        break;
      case tag_nil:
        out = Term::list({});
        break;
      case tag_small_tuple:
        return read_items(out, Term::Kind::tuple, r_.u8(), depth);
      case tag_large_tuple:
        return read_items(out, Term::Kind::tuple, r_.u32(), depth);
      case tag_map:
        return read_items(out, Term::Kind::map, std::uint64_t{r_.u32()} * 2, depth);
      case tag_list:
        return read_list(out, depth);
      case tag_small_big:
        return read_big(out, r_.u8(), from);
      default:
        if (!skip(tag, depth)) return bad("unknown tag");
        out = Term::opaque(std::string(from.substr(0, from.size() - r_.rest().size())));
    }
    return r_.ok() || bad("cut short");
  }

  bool read_items(Term& out, Term::Kind kind, std::uint64_t count, int depth) {
    out = {.kind = kind};
    for (std::uint64_t i = 0; i < count; ++i) {
      Term item;
      if (!read(item, depth + 1)) return false;
      out.items.push_back(std::move(item));
    }
    return true;
  }

  bool read_list(Term& out, int depth) {
    if (!read_items(out, Term::Kind::list, r_.u32(), depth)) return false;
    Term tail;
    if (!read(tail, depth + 1)) return false;
    // An empty string is an empty list too.
    const bool text = tail.kind == Term::Kind::string;
    if (text ? tail.text.empty() : tail.kind == Term::Kind::list && tail.items.empty()) return true;
    out.improper = true;
    out.items.push_back(std::move(tail));
    return true;
  }

  /// Integers that fit into 64 bits are numbers; others keep their bytes.
  bool read_big(Term& out, std::size_t size, std::string_view from) {
    const bool negative = r_.u8() != 0;
    const std::string_view digits = r_.bytes(size);
    if (!r_.ok()) return bad("cut short");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size() && i < 8; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(digits[i])) << (8 * i);
    }
    if (size > 8 || value > static_cast<std::uint64_t>(INT64_MAX)) {
      out = Term::opaque(std::string(from.substr(0, from.size() - r_.rest().size())));
    } else {
      out = Term::of(negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value));
    }
    return true;
  }

  bool skip_term(int depth) {
    Term ignored;
    return read(ignored, depth + 1);
  }

  /// Steps over the body of a term that we do not look into.
  bool skip(std::uint8_t tag, int depth) {
    switch (tag) {
      case tag_float:
        r_.bytes(31);
        return true;
      case tag_bit_binary: {
        const std::uint32_t size = r_.u32();
        r_.bytes(1);
        r_.bytes(size);
        return true;
      }
      case tag_new_pid:
        return skip_term(depth) && skip_bytes(12);
      case tag_pid:
        return skip_term(depth) && skip_bytes(9);
      case tag_new_port:
        return skip_term(depth) && skip_bytes(8);
      case tag_v4_port:
        return skip_term(depth) && skip_bytes(12);
      case tag_port:
      case tag_reference:
        return skip_term(depth) && skip_bytes(5);
      case tag_newer_reference:
      case tag_new_reference: {
        const std::size_t words = r_.u16();
        return skip_term(depth) && skip_bytes((tag == tag_newer_reference ? 4 : 1) + 4 * words);
      }
      case tag_large_big: {
        const std::size_t size = r_.u32();
        return skip_bytes(size + 1);
      }
      case tag_new_fun: {
        const std::uint32_t size = r_.u32();
        return size >= 4 && skip_bytes(size - 4);
      }
      case tag_export:
        return skip_term(depth) && skip_term(depth) && skip_term(depth);
      default:
        return false;
    }
  }
  bool skip_bytes(std::size_t count) {
    r_.bytes(count);
    return r_.ok();
  }

  ByteReader r_;
  std::string why_;
};

void write(ByteWriter& w, const Term& term);

void write_items(ByteWriter& w, const std::vector<Term>& items, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) write(w, items[i]);
}

void write_integer(ByteWriter& w, std::int64_t value) {
  if (value >= 0 && value <= 255) {
    w.u8(tag_small_integer);
    w.u8(static_cast<std::uint8_t>(value));
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    w.u8(tag_integer);
    w.u32(static_cast<std::uint32_t>(value));
  } else {
    w.u8(tag_small_big);
    w.u8(8);
    w.u8(value < 0 ? 1 : 0);
    std::uint64_t magnitude =
        value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i, magnitude >>= 8) w.u8(static_cast<std::uint8_t>(magnitude));
  }
}

void write_atom(ByteWriter& w, std::string_view name) {
  if (name.size() < 256) {
    w.u8(tag_small_utf8_atom);
    w.u8(static_cast<std::uint8_t>(name.size()));
    w.bytes(name);
  } else {
    w.u8(tag_utf8_atom);
    w.bytes16(name);
  }
}

void write_list(ByteWriter& w, const Term& term) {
  if (term.items.empty()) return w.u8(tag_nil);
  const std::size_t count = term.items.size() - (term.improper ? 1 : 0);
  w.u8(tag_list);
  w.u32(static_cast<std::uint32_t>(count));
  write_items(w, term.items, count);
  if (term.improper) {
    write(w, term.items.back());
  } else {
    w.u8(tag_nil);
  }
}

void write(ByteWriter& w, const Term& term) {
  switch (term.kind) {
    case Term::Kind::atom:
      return write_atom(w, term.text);
    case Term::Kind::integer:
      return write_integer(w, term.integer);
    case Term::Kind::real:
      w.u8(tag_new_float);
      return w.u64(std::bit_cast<std::uint64_t>(term.real));
    case Term::Kind::binary:
      w.u8(tag_binary);
      return w.bytes32(term.text);
    case Term::Kind::string:
      if (term.text.empty()) return w.u8(tag_nil);
      if (term.text.size() > 0xFFFF) {
        w.u8(tag_list);
        w.u32(static_cast<std::uint32_t>(term.text.size()));
        for (const char c : term.text) write_integer(w, static_cast<unsigned char>(c));
        return w.u8(tag_nil);
      }
      w.u8(tag_string);
      return w.bytes16(term.text);
    case Term::Kind::tuple:
      w.u8(term.items.size() < 256 ? tag_small_tuple : tag_large_tuple);
      if (term.items.size() < 256) {
        w.u8(static_cast<std::uint8_t>(term.items.size()));
      } else {
        w.u32(static_cast<std::uint32_t>(term.items.size()));
      }
      return write_items(w, term.items, term.items.size());
    case Term::Kind::list:
      return write_list(w, term);
    case Term::Kind::map:
      w.u8(tag_map);
      w.u32(static_cast<std::uint32_t>(term.items.size() / 2));
      return write_items(w, term.items, term.items.size());
    case Term::Kind::opaque:
      return w.bytes(term.text);
  }
}

}  // namespace

Result<Term> decode_term(std::string_view& bytes) {
  if (bytes.size() > 1 && static_cast<std::uint8_t>(bytes[1]) == tag_compressed) {
    return fail(Errc::unsupported, "compressed terms are not accepted");
  }
  TermReader reader(bytes);
  auto term = reader.read_one();
  if (term) bytes = reader.rest();
  return term;
}

void encode_term(const Term& term, std::string& out) {
  ByteWriter w(out);
  w.u8(version_byte);
  write(w, term);
}

Term make_pid(std::string_view node, std::uint32_t id, std::uint32_t serial, std::uint32_t creation) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(tag_new_pid);
  write_atom(w, node);
  w.u32(id);
  w.u32(serial);
  w.u32(creation);
  return Term::opaque(std::move(bytes));
}

Term make_reference(std::string_view node, std::uint32_t creation, std::uint64_t id) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(tag_newer_reference);
  w.u16(3);
  write_atom(w, node);
  w.u32(creation);
  w.u32(static_cast<std::uint32_t>(id) & 0x3FFFF);
  w.u32(static_cast<std::uint32_t>(id >> 18));
  w.u32(0);
  return Term::opaque(std::move(bytes));
}

Result<std::string> text_of(const Term& term) {
  switch (term.kind) {
    case Term::Kind::binary:
    case Term::Kind::string:
    case Term::Kind::atom:
      return term.text;
    case Term::Kind::list: {
      std::string result;
      for (const Term& item : term.items) {
        if (item.kind == Term::Kind::integer && item.integer >= 0 && item.integer < 256) {
          result += static_cast<char>(item.integer);
          continue;
        }
        if (item.kind == Term::Kind::integer || item.kind == Term::Kind::atom) {
          return fail(Errc::malformed, "not a string");
        }
        auto part = text_of(item);
        if (!part) return part;
        result += *part;
      }
      return result;
    }
    default:
      return fail(Errc::malformed, "not a string");
  }
}

}  // namespace meshmq::erldist
