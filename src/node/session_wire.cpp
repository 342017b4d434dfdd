#include "node/session_wire.hpp"

#include <type_traits>
#include <utility>

#include "base/bytes.hpp"

namespace meshmq::node::wire {

namespace {

struct Encoder {
  ByteWriter& w;

  void operator()(const TakeOver& f) const {
    w.u64(f.request);
    w.u64(f.stamp.time);
    w.u64(f.stamp.writer);
    w.u8(f.clean_start ? 1 : 0);
    w.bytes16(f.client_id);
    if (f.void_before != 0) w.u64(f.void_before);
  }
  void operator()(const Answer& f) const {
    w.u64(f.request);
    w.u8(static_cast<std::uint8_t>(f.outcome));
    w.bytes16(f.node);
  }
  void operator()(const Image& f) const {
    w.u64(f.request);
    w.u8(f.last ? 1 : 0);
    w.bytes(f.bytes);
  }
  void operator()(const Relay& f) const {
    w.u64(f.request);
    w.bytes(f.bytes);
  }
  void operator()(const Adopted& f) const { w.u64(f.request); }
  void operator()(const CaughtUp& f) const { w.u64(f.request); }
  void operator()(const Over& f) const { w.u64(f.request); }
  void operator()(const Kick& f) const { w.bytes16(f.client_id); }
  void operator()(const Refused& f) const { w.u64(f.request); }
  void operator()(const Offer& f) const { w.bytes16(f.client_id); }
  void operator()(const Behind& f) const {
    w.u64(f.key);
    w.u64(f.newer.time);
    w.u64(f.newer.writer);
  }
};

void read(ByteReader& r, TakeOver& f) {
  f.request = r.u64();
  f.stamp.time = r.u64();
  f.stamp.writer = r.u64();
  f.clean_start = r.u8() != 0;
  f.client_id = r.bytes16();
  if (!r.at_end()) f.void_before = r.u64();
}
void read(ByteReader& r, Answer& f) {
  f.request = r.u64();
  f.outcome = static_cast<Outcome>(r.u8());
  f.node = r.bytes16();
}
void read(ByteReader& r, Image& f) {
  f.request = r.u64();
  f.last = r.u8() != 0;
  f.bytes = r.rest();
}
void read(ByteReader& r, Relay& f) {
  f.request = r.u64();
  f.bytes = r.rest();
}
void read(ByteReader& r, Adopted& f) {
  f.request = r.u64();
}
void read(ByteReader& r, CaughtUp& f) {
  f.request = r.u64();
}
void read(ByteReader& r, Over& f) {
  f.request = r.u64();
}
void read(ByteReader& r, Kick& f) {
  f.client_id = r.bytes16();
}
void read(ByteReader& r, Refused& f) {
  f.request = r.u64();
}
void read(ByteReader& r, Offer& f) {
  f.client_id = r.bytes16();
}
void read(ByteReader& r, Behind& f) {
  f.key = r.u64();
  f.newer.time = r.u64();
  f.newer.writer = r.u64();
}

/// Kinds are places in the variant, which is therefore frozen.
template <std::size_t I = 0>
Result<Frame> decode_kind(std::uint8_t kind, ByteReader& r) {
  if constexpr (I == std::variant_size_v<Frame>) {
    return fail(Errc::unsupported, "session frame of unknown kind " + std::to_string(kind));
  } else {
    if (kind != I) return decode_kind<I + 1>(kind, r);
    std::variant_alternative_t<I, Frame> frame;
    read(r, frame);
    if (!r.ok()) {
      return fail(Errc::malformed, "session frame of kind " + std::to_string(kind) + " is cut short");
    }
    return Frame(std::move(frame));
  }
}

}  // namespace

std::string encode(const Frame& frame) {
  std::string out;
  ByteWriter w(out);
  w.u8(static_cast<std::uint8_t>(frame.index()));
  std::visit(Encoder{w}, frame);
  return out;
}

Result<Frame> decode(std::string_view bytes) {
  ByteReader r(bytes);
  const std::uint8_t kind = r.u8();
  if (!r.ok()) return fail(Errc::malformed, "empty session frame");
  return decode_kind(kind, r);
}

}  // namespace meshmq::node::wire
