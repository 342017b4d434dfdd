#include "discovery/mcast_datagram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.hpp"

namespace meshmq::discovery {

namespace {

constexpr std::uint32_t magic = 0x4D4D5144;  // "MMQD"
constexpr std::uint8_t version = 1;
constexpr std::size_t proof_size = 32;

std::string proof(std::string_view bytes, std::string_view cookie) {
  std::string result(proof_size, '\0');
  unsigned size = 0;
  HMAC(EVP_sha256(), cookie.data(), static_cast<int>(cookie.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(result.data()), &size);
  return result;
}

}  // namespace

std::string McastDatagram::encode(std::string_view cookie) const {
  std::string out;
  ByteWriter w(out);
  w.u32(magic);
  w.u8(version);
  w.u8(static_cast<std::uint8_t>(kind));
  w.bytes16(cluster);
  w.bytes16(node);
  w.bytes(proof(out, cookie));
  return out;
}

Result<McastDatagram> McastDatagram::decode(std::string_view bytes, std::string_view cluster,
                                            std::string_view cookie) {
  if (bytes.size() < proof_size) return fail(Errc::malformed, "too short");
  const std::string_view body = bytes.substr(0, bytes.size() - proof_size);
  ByteReader r(body);
  if (r.u32() != magic) return fail(Errc::malformed, "not ours");
  if (r.u8() != version) return fail(Errc::unsupported, "another version");
  const std::uint8_t kind = r.u8();
  McastDatagram result;
  result.kind = static_cast<Kind>(kind);
  result.cluster = r.bytes16();
  result.node = r.bytes16();
  if (!r.ok() || !r.at_end()) return fail(Errc::malformed, "cut short");
  if (result.cluster != cluster) return fail(Errc::unsupported, "of cluster '" + result.cluster + "'");
  const std::string expected = proof(body, cookie);
  if (CRYPTO_memcmp(expected.data(), bytes.data() + body.size(), proof_size) != 0) {
    return fail(Errc::refused, "of the same cluster.name, but with another node.cookie");
  }
  if (kind != 1 && kind != 2) return fail(Errc::unsupported, "an unknown kind");
  return result;
}

}  // namespace meshmq::discovery
