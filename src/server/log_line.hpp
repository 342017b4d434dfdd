#pragma once
// How lines of logs and traces look.

#include <string>
#include <string_view>

#include "base/log.hpp"

namespace meshmq::server {

/// `2021-07-28T16:15:39.528+00:00`, local time, now.
std::string log_time();
/// `<time> [error] text`. Control characters of a peer's making must not begin a line or colour a terminal.
std::string text_line(std::string_view time, LogLevel level, std::string_view text);
/// `<time> [debug] node client@peer topic: text`, of a trace.
std::string trace_line(std::string_view time, LogLevel level, std::string_view node, std::string_view text,
                       const LogContext& about);
/// One object, with what the line is about.
std::string json_line(std::string_view time, LogLevel level, std::string_view node, std::string_view text,
                      const LogContext& about);

}  // namespace meshmq::server
