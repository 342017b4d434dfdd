#include "erldist/frame.hpp"

#include "base/bytes.hpp"

namespace meshmq::erldist {

namespace {

constexpr std::uint8_t pass_through = 112;
constexpr std::uint8_t version_byte = 131;
constexpr std::uint8_t tag_binary = 109;

}  // namespace

Result<void> FrameReader::too_large(std::size_t size) const {
  return fail(Errc::limit_exceeded, "frame of " + std::to_string(size) +
                                        " bytes; node.dist_frame_size allows " +
                                        std::to_string(frame_bytes_max_));
}

Result<ControlMessage> decode_control(std::string_view body) {
  if (body.empty() || static_cast<std::uint8_t>(body[0]) != pass_through) {
    return fail(Errc::malformed, "frame does not begin with 112");
  }
  body.remove_prefix(1);
  auto control = decode_term(body);
  if (!control) return tl::unexpected<Error>(control.error());
  if (control->kind != Term::Kind::tuple || control->items.empty() ||
      control->items[0].kind != Term::Kind::integer) {
    return fail(Errc::malformed, "control message is no tuple with an operation");
  }
  ControlMessage result;
  result.operation = static_cast<Operation>(control->items[0].integer);
  control->items.erase(control->items.begin());
  result.fields = std::move(control->items);
  result.message = body;
  return result;
}

std::string encode_frame(const Term& control, const Term* message) {
  std::string out;
  ByteWriter w(out);
  w.u32(0);
  w.u8(pass_through);
  encode_term(control, out);
  if (message != nullptr) encode_term(*message, out);
  w.patch_u32(0, static_cast<std::uint32_t>(out.size() - 4));
  return out;
}

BinarySender::BinarySender(const Term& from_pid, std::string_view to_name) {
  head_ = encode_frame(Term::tuple(
      {Term::of(static_cast<int>(Operation::reg_send)), from_pid, Term::atom(""), Term::atom(to_name)}));
  ByteWriter w(head_);
  w.u8(version_byte);
  w.u8(tag_binary);
}

void BinarySender::append(std::string_view payload, std::string& out) const {
  const std::size_t at = out.size();
  out += head_;
  ByteWriter w(out);
  w.bytes32(payload);
  w.patch_u32(at, static_cast<std::uint32_t>(out.size() - at - 4));
}

std::optional<std::string_view> binary_of(const ControlMessage& message) {
  ByteReader r(message.message);
  if (r.u8() != version_byte || r.u8() != tag_binary) return std::nullopt;
  const std::string_view payload = r.bytes32();
  if (!r.ok() || !r.at_end()) return std::nullopt;
  return payload;
}

}  // namespace meshmq::erldist
