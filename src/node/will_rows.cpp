#include "node/will_rows.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node {

std::string encode_will(const LeftWill& will) {
  std::string value;
  ByteWriter w(value);
  w.u32(will.delay_s);
  w.u64(static_cast<std::uint64_t>(will.detached_at));
  will.message->encode(value);
  return value;
}

std::optional<LeftWill> decode_will(std::string_view value) {
  ByteReader r(value);
  LeftWill will{.message = {}, .delay_s = r.u32(), .detached_at = static_cast<WallMillis>(r.u64())};
  auto message = mqtt::Message::decode(r.rest());
  if (!r.ok() || !message) return std::nullopt;
  will.message = std::move(*message);
  return will;
}

}  // namespace meshmq::node
