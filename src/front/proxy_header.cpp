#include "front/proxy_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "front/peer_address.hpp"

namespace meshmq::front {

namespace {

using namespace std::string_view_literals;

constexpr auto signature_v1 = "PROXY "sv;
constexpr auto signature_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
/// The longest line that the specification allows, with its end.
constexpr std::size_t line_bytes_max = 107;
constexpr std::size_t head_v2_bytes = 16;

/// Types of extensions.
enum : std::uint8_t { tlv_crc32c = 0x03, tlv_ssl = 0x20, tlv_ssl_cn = 0x22 };

bool begins(std::string_view bytes, std::string_view signature) {
  const std::size_t size = std::min(bytes.size(), signature.size());
  return bytes.substr(0, size) == signature.substr(0, size);
}

// ---------------------------------------------------------------- version 1

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

Result<ProxyHeader> read_line(std::string_view line) {
  const std::string_view family = take_word(line);
  if (family == "UNKNOWN") return ProxyHeader{};
  const auto source = parse_address(take_word(line));
  const auto destination = parse_address(take_word(line));
  const auto source_port = parse_port(take_word(line));
  const auto destination_port = parse_port(line);
  const std::size_t size = family == "TCP4" ? 4 : 16;
  if ((family != "TCP4" && family != "TCP6") || !source || !destination || source->size() != size ||
      destination->size() != size || !source_port || !destination_port) {
    return fail(Errc::malformed, "PROXY: the line is not `TCP4|TCP6 source destination port port`");
  }
  return ProxyHeader{.peername = format_peer(*source, *source_port), .cn = {}};
}

Result<ProxyRead> read_v1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, line_bytes_max).find("\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() >= line_bytes_max)
      return fail(Errc::malformed, "PROXY: the line is longer than 107 bytes");
    return ProxyRead{};
  }
  auto header = read_line(bytes.substr(signature_v1.size(), end - signature_v1.size()));
  if (!header) return tl::unexpected(std::move(header.error()));
  return ProxyRead{.size = end + 2, .header = std::move(*header)};
}

// ---------------------------------------------------------------- version 2

/// The Castagnoli polynomial, bit by bit: a header is short and comes once.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return crc;
}

/// The checksum covers the header with zeros in its own place.
bool checksum_holds(std::string_view header, std::string_view checksum) {
  const auto at = static_cast<std::size_t>(checksum.data() - header.data());
  std::uint32_t crc = crc32c(0xFFFFFFFFU, header.substr(0, at));
  crc = crc32c(crc, "\0\0\0\0"sv);
  crc = ~crc32c(crc, header.substr(at + checksum.size()));
  return checksum.size() == 4 && ByteReader(checksum).u32() == crc;
}

struct Tlv {
  std::uint8_t type;
  std::string_view value;
};

Tlv take_tlv(ByteReader& reader) {
  const std::uint8_t type = reader.u8();
  return {type, reader.bytes16()};
}

/// Five bytes about the connection and the certificate's verification, then extensions of its own.
Result<void> read_ssl(std::string_view value, ProxyHeader& header) {
  ByteReader reader(value);
  reader.u8();
  reader.u32();
  while (reader.ok() && !reader.at_end()) {
    const Tlv tlv = take_tlv(reader);
    if (tlv.type == tlv_ssl_cn) header.cn = tlv.value;
  }
  if (!reader.ok()) return fail(Errc::malformed, "PROXY: malformed extension about TLS");
  return {};
}

Result<void> read_tlvs(ByteReader& reader, std::string_view whole, ProxyHeader& header) {
  while (reader.ok() && !reader.at_end()) {
    const Tlv tlv = take_tlv(reader);
    if (!reader.ok()) break;
    if (tlv.type == tlv_ssl) {
      if (auto read = read_ssl(tlv.value, header); !read) return read;
    }
    if (tlv.type == tlv_crc32c && !checksum_holds(whole, tlv.value)) {
      return fail(Errc::malformed, "PROXY: wrong checksum");
    }
  }
  if (!reader.ok()) return fail(Errc::malformed, "PROXY: malformed extension");
  return {};
}

/// Source and destination; `family` as in the header's 14th byte.
Result<void> read_addresses(std::uint8_t family, ByteReader& reader, ProxyHeader& header) {
  constexpr std::size_t unix_path_bytes = 108;
  switch (family) {
    case 0x11:
    case 0x21: {
      const std::size_t size = family == 0x11 ? 4 : 16;
      const std::string_view source = reader.bytes(size);
      reader.bytes(size);
      const std::uint16_t port = reader.u16();
      reader.u16();
      if (reader.ok()) header.peername = format_peer(source, port);
      break;
    }
    case 0x31: {
      const std::string_view source = reader.bytes(unix_path_bytes);
      reader.bytes(unix_path_bytes);
      header.peername = fmt::format("unix:{}", source.substr(0, source.find('\0')));
      break;
    }
    case 0x00:
      // Whatever follows cannot be told from addresses of a kind that we do not know.
      reader.bytes(reader.rest().size());
      break;
    default:
      return fail(Errc::unsupported, fmt::format("PROXY: family and protocol {:#04x} are no stream", family));
  }
  if (!reader.ok()) return fail(Errc::malformed, "PROXY: too short for its addresses");
  return {};
}

Result<ProxyRead> read_v2(std::string_view bytes) {
  constexpr std::uint8_t command_local = 0x20;
  constexpr std::uint8_t command_proxy = 0x21;
  if (bytes.size() <= signature_v2.size()) return ProxyRead{};
  ByteReader head(bytes.substr(signature_v2.size()));
  const std::uint8_t command = head.u8();
  if (command != command_local && command != command_proxy) {
    return fail(Errc::unsupported, fmt::format("PROXY: unknown version and command {:#04x}", command));
  }
  if (bytes.size() < head_v2_bytes) return ProxyRead{};
  const std::uint8_t family = head.u8();
  const std::size_t size = head_v2_bytes + head.u16();
  if (size > proxy_header_bytes_max) {
    return fail(Errc::limit_exceeded,
                fmt::format("PROXY: a header of {} bytes, more than {}", size, proxy_header_bytes_max));
  }
  if (bytes.size() < size) return ProxyRead{};
  ProxyRead result{.size = size, .header = {}};
  if (command == command_local) return result;
  ByteReader body(bytes.substr(head_v2_bytes, size - head_v2_bytes));
  if (auto read = read_addresses(family, body, result.header); !read) return tl::unexpected(read.error());
  if (auto read = read_tlvs(body, bytes.substr(0, size), result.header); !read)
    return tl::unexpected(read.error());
  return result;
}

}  // namespace

Result<ProxyRead> read_proxy_header(std::string_view bytes) {
  if (begins(bytes, signature_v2)) return read_v2(bytes);
  if (!begins(bytes, signature_v1))
    return fail(Errc::malformed, "PROXY: the connection does not begin with its header");
  return bytes.size() < signature_v1.size() ? Result<ProxyRead>(ProxyRead{}) : read_v1(bytes);
}

}  // namespace meshmq::front
