#include "node/exclusive_rows.hpp"

#include "base/bytes.hpp"
#include "cluster/wire.hpp"

namespace meshmq::node {

std::string encode_claim(const ExclusiveClaim& claim) {
  std::string value;
  ByteWriter w(value);
  w.u8(claim.held ? 1 : 0);
  cluster::wire::write(w, claim.stamp);
  w.bytes(claim.client_id);
  return value;
}

std::optional<ExclusiveClaim> decode_claim(std::string_view value) {
  ByteReader r(value);
  ExclusiveClaim claim;
  const std::uint8_t state = r.u8();
  claim.held = state == 1;
  claim.stamp = cluster::wire::read_row_stamp(r);
  claim.client_id = r.rest();
  if (!r.ok() || state > 1 || claim.client_id.empty()) return std::nullopt;
  return claim;
}

}  // namespace meshmq::node
