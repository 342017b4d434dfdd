// What nodes say to each other and what they keep on disk: what is accepted comes out of the encoder
// unchanged.

#include "broker/session_image.hpp"
#include "cluster/forward.hpp"
#include "cluster/membership.hpp"
#include "cluster/wire.hpp"
#include "fuzz.hpp"
#include "mqtt/message.hpp"
#include "node/exclusive_rows.hpp"
#include "node/session_wire.hpp"
#include "node/will_rows.hpp"

namespace meshmq::fuzz {
namespace {

/// Accepted bytes mean something that can be said again, in one way only.
template <class Decode, class Encode>
void check_round_trip(std::string_view bytes, Decode decode, Encode encode) {
  const ExactCopy copy(bytes);
  const auto value = decode(copy.bytes());
  if (!value) return;
  const std::string again = encode(*value);
  const auto second = decode(again);
  FUZZ_CHECK(second.has_value());
  FUZZ_CHECK(encode(*second) == again);
}

void run_membership(std::string_view image) {
  const ExactCopy copy(image);
  const std::string self = "meshmq@10.0.0.1";
  auto restored = cluster::Membership::restore(copy.bytes(), self);
  if (!restored) return;
  FUZZ_CHECK(restored->self() == self);
  const auto again = cluster::Membership::restore(restored->image(), self);
  FUZZ_CHECK(again.has_value() && *again == *restored);
  FUZZ_CHECK(!restored->merge(again->records()));
}

void run_message(std::string_view bytes) {
  check_round_trip(
      bytes, [](std::string_view in) { return mqtt::Message::decode(in); },
      [](const mqtt::MessagePtr& message) {
        std::string out;
        message->encode(out);
        return out;
      });
}

void run_session_image(std::string_view bytes) {
  const ExactCopy copy(bytes);
  (void)broker::image_owner(copy.bytes());
  broker::Session session;
  (void)broker::restore_session(copy.bytes(), session, {TimePoint(Duration(1000)), 1000});
}

void run(Input input) {
  const std::size_t what = input.below(8);
  const std::string_view bytes = input.rest();
  switch (what) {
    case 0:
      return check_round_trip(bytes, cluster::wire::decode, cluster::wire::encode);
    case 1:
      return run_membership(bytes);
    case 2: {
      const ExactCopy copy(bytes);
      (void)cluster::decode_forward_frame(copy.bytes());
      return;
    }
    case 3:
      return check_round_trip(bytes, node::wire::decode, node::wire::encode);
    case 4:
      return run_message(bytes);
    case 5:
      return run_session_image(bytes);
    case 6:
      return check_round_trip(bytes, node::decode_will, node::encode_will);
    default:
      return check_round_trip(bytes, node::decode_claim, node::encode_claim);
  }
}

}  // namespace
}  // namespace meshmq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  meshmq::fuzz::run(meshmq::fuzz::Input(data, size));
  return 0;
}
