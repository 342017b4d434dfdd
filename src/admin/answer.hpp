#pragma once
// What comes of a command, and how both travel between nodes: docs/wire/call-v1.md.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace meshmq::admin {

/// Exit statuses of meshmq_ctl.
enum class Outcome : int {
  done = 0,
  refused = 1,  ///< `text` is one line that says why
  usage = 2,    ///< `text` is the usage
};

struct Answer {
  Outcome outcome = Outcome::done;
  std::string text;
};

struct RunOptions {
  bool json = false;  ///< answer for a machine: one JSON value
};

/// A command for another node.
struct RemoteCommand {
  std::vector<std::string> words;
  RunOptions options{};
};

std::string encode(const RemoteCommand& command);
std::string encode(const Answer& answer);
Result<RemoteCommand> decode_command(std::string_view bytes);
Result<Answer> decode_answer(std::string_view bytes);

}  // namespace meshmq::admin
