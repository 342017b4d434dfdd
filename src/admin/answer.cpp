#include "admin/answer.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace meshmq::admin {

namespace {

constexpr std::uint8_t kind_command = 1;

}  // namespace

std::string encode(const RemoteCommand& command) {
  std::string bytes;
  ByteWriter w(bytes);
  w.u8(kind_command);
  w.u8(command.options.json ? 1 : 0);
  w.varint(command.words.size());
  for (const std::string& word : command.words) w.bytes32(word);
  return bytes;
}

std::string encode(const Answer& answer) {
  return std::string(1, static_cast<char>(answer.outcome)) + answer.text;
}

Result<RemoteCommand> decode_command(std::string_view bytes) {
  ByteReader r(bytes);
  if (r.u8() != kind_command) return fail(Errc::unsupported, "a question of an unknown kind");
  RemoteCommand command;
  command.options.json = r.u8() != 0;
  const std::uint64_t count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) command.words.emplace_back(r.bytes32());
  if (!r.ok()) return fail(Errc::malformed, "a command is cut short");
  return command;
}

Result<Answer> decode_answer(std::string_view bytes) {
  ByteReader r(bytes);
  const std::uint8_t outcome = r.u8();
  if (!r.ok() || outcome > static_cast<int>(Outcome::usage))
    return fail(Errc::malformed, "an answer that cannot be read");
  return Answer{static_cast<Outcome>(outcome), std::string(r.rest())};
}

}  // namespace meshmq::admin
