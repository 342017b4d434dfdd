#include "node/parcel_wire.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace meshmq::node {

using broker::PickList;
using broker::PickListPtr;
using broker::SharedPick;

namespace {

constexpr std::uint8_t list_ordinary = 0x01;
constexpr std::uint8_t pick_sticky = 0x01;
constexpr std::uint8_t pick_last_resort = 0x02;

/// nullptr if the bytes are short.
PickListPtr read_picks(ByteReader& r) {
  const bool ordinary = (r.u8() & list_ordinary) != 0;
  const std::uint64_t count = r.varint();
  std::vector<SharedPick> picks;
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    SharedPick pick;
    pick.group = r.bytes16();
    pick.number = r.u32();
    pick.attempts = r.u8();
    const std::uint8_t flags = r.u8();
    pick.sticky = (flags & pick_sticky) != 0;
    pick.last_resort = (flags & pick_last_resort) != 0;
    picks.push_back(pick);
  }
  return r.ok() ? std::make_shared<const PickList>(ordinary, picks) : nullptr;
}

}  // namespace

void encode_parcel(const Parcel& parcel, std::string& out) {
  if (parcel.picks) {
    ByteWriter w(out);
    w.u8(parcel.picks->ordinary() ? list_ordinary : 0);
    w.varint(parcel.picks->picks().size());
    for (const SharedPick& pick : parcel.picks->picks()) {
      w.bytes16(pick.group);
      w.u32(pick.number);
      w.u8(pick.attempts);
      w.u8(static_cast<std::uint8_t>((pick.sticky ? pick_sticky : 0) |
                                     (pick.last_resort ? pick_last_resort : 0)));
    }
  }
  parcel.message->encode(out);
}

Result<Parcel> decode_parcel(std::string_view bytes, bool shared, WallMillis clock_ahead) {
  ByteReader r(bytes);
  Parcel parcel;
  if (shared) {
    parcel.picks = read_picks(r);
    if (!parcel.picks) return fail(Errc::malformed, "picks of a forwarded message are cut short");
  }
  auto message = mqtt::Message::decode(r.rest(), clock_ahead);
  if (!message) return fail(message.error().code, message.error().message);
  parcel.message = std::move(*message);
  return parcel;
}

std::string_view ordinary_part(std::string_view bytes) {
  ByteReader r(bytes);
  const PickListPtr picks = read_picks(r);
  return picks && picks->ordinary() ? r.rest() : std::string_view();
}

}  // namespace meshmq::node
