#include "front/proxy_header.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace meshmq::front {
namespace {

using namespace std::string_literals;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string v2(char command, char family, const std::string& body) {
  std::string bytes = signature + command + family;
  ByteWriter(bytes).bytes16(body);
  return bytes;
}

std::string tlv(std::uint8_t type, const std::string& value) {
  std::string bytes(1, static_cast<char>(type));
  ByteWriter(bytes).bytes16(value);
  return bytes;
}

const std::string tcp4 = "\x0a\x01\x02\x03\x7f\0\0\1\x30\x39\x07\x5b"s;

/// Every prefix wants more, and bytes behind the header change nothing.
ProxyHeader read(const std::string& bytes) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto part = read_proxy_header(bytes.substr(0, size));
    EXPECT_TRUE(part && part->size == 0) << size;
  }
  const auto whole = read_proxy_header(bytes + "\x10\x0c");
  EXPECT_TRUE(whole) << (whole ? "" : whole.error().message);
  if (!whole) return {};
  EXPECT_EQ(whole->size, bytes.size());
  return whole->header;
}

std::string error_of(const std::string& bytes) {
  const auto result = read_proxy_header(bytes);
  return result ? "none" : result.error().message;
}

TEST(ProxyV1, NamesTheClient) {
  EXPECT_EQ(read("PROXY TCP4 192.168.1.2 10.0.0.1 56324 1883\r\n").peername, "192.168.1.2:56324");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::1 ::1 65535 1883\r\n").peername, "[2001:db8::1]:65535");
  EXPECT_EQ(read("PROXY TCP6 ::ffff:10.0.0.9 ::1 1 1883\r\n").peername, "10.0.0.9:1");
}

TEST(ProxyV1, OfAnUnknownClientTheSocketSpeaks) {
  EXPECT_EQ(read("PROXY UNKNOWN\r\n").peername, "");
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n").peername, "");
}

TEST(ProxyV1, RefusesWhatIsNoHeader) {
  for (const char* line : {"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
                           "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "PROXY TCP4 ::1 ::2 1 2\r\n",
                           "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
                           "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n"}) {
    EXPECT_EQ(error_of(line), "PROXY: the line is not `TCP4|TCP6 source destination port port`") << line;
  }
  EXPECT_EQ(error_of("PROXY " + std::string(101, 'x')), "PROXY: the line is longer than 107 bytes");
  EXPECT_EQ(error_of("\x10\x0c"), "PROXY: the connection does not begin with its header");
  EXPECT_EQ(error_of("PROXy"), "PROXY: the connection does not begin with its header");
}

TEST(ProxyV2, NamesTheClient) {
  EXPECT_EQ(read(v2('\x21', '\x11', tcp4)).peername, "10.1.2.3:12345");
  const std::string ipv6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s;
  EXPECT_EQ(read(v2('\x21', '\x21', ipv6 + ipv6 + "\0\x50\x07\x5b"s)).peername, "[2001:db8::7]:80");
  const std::string path = "/run/x"s + std::string(102, '\0');
  EXPECT_EQ(read(v2('\x21', '\x31', path + path)).peername, "unix:/run/x");
}

TEST(ProxyV2, OfAHealthCheckTheSocketSpeaks) {
  EXPECT_EQ(read(v2('\x20', '\x11', tcp4)).peername, "");
  EXPECT_EQ(read(v2('\x20', '\0', "")).peername, "");
  EXPECT_EQ(read(v2('\x21', '\0', "whatever")).peername, "");
}

TEST(ProxyV2, TellsTheCommonNameOfTheClientsCertificate) {
  const std::string ssl = "\x07\0\0\0\0"s + tlv(0x21, "TLSv1.3") + tlv(0x22, "sensor-1");
  const ProxyHeader header =
      read(v2('\x21', '\x11', tcp4 + tlv(0x02, "host") + tlv(0x20, ssl) + tlv(0xEA, "?")));
  EXPECT_EQ(header.peername, "10.1.2.3:12345");
  EXPECT_EQ(header.cn, "sensor-1");
}

TEST(ProxyV2, ChecksTheChecksumIfThereIsOne) {
  // Computed elsewhere, by a CRC-32C that gives E3069283 for "123456789".
  std::string checksum;
  ByteWriter(checksum).u32(0x9D9B4A85);
  std::string bytes = v2('\x21', '\x11', tcp4 + tlv(0x03, checksum));
  EXPECT_EQ(read(bytes).peername, "10.1.2.3:12345");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(error_of(bytes), "PROXY: wrong checksum");
  EXPECT_EQ(error_of(v2('\x21', '\x11', tcp4 + tlv(0x03, "abc"))), "PROXY: wrong checksum");
}

TEST(ProxyV2, RefusesWhatIsMalformedOrTooLong) {
  EXPECT_EQ(error_of(signature + "\x31"), "PROXY: unknown version and command 0x31");
  EXPECT_EQ(error_of(signature + "\x22"), "PROXY: unknown version and command 0x22");
  EXPECT_EQ(error_of(v2('\x21', '\x12', tcp4)), "PROXY: family and protocol 0x12 are no stream");
  EXPECT_EQ(error_of(v2('\x21', '\x11', "\x0a\x01")), "PROXY: too short for its addresses");
  EXPECT_EQ(error_of(v2('\x21', '\x31', std::string(215, 'x'))), "PROXY: too short for its addresses");
  EXPECT_EQ(error_of(v2('\x21', '\x11', tcp4 + "\x02\0"s)), "PROXY: malformed extension");
  EXPECT_EQ(error_of(v2('\x21', '\x11', tcp4 + "\x02\0\x09x"s)), "PROXY: malformed extension");
  EXPECT_EQ(error_of(v2('\x21', '\x11', tcp4 + tlv(0x20, "\x07"))), "PROXY: malformed extension about TLS");
  EXPECT_EQ(error_of(signature + "\x21\x11\xff\xff"), "PROXY: a header of 65551 bytes, more than 4096");
}

}  // namespace
}  // namespace meshmq::front
