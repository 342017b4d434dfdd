#pragma once
// Traces on disk: one file each.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::server {

/// Lines are `<time> [debug] <node> <client>@<peer> <topic>: text`, in the order of their coming. A thread of
/// its own writes them. Limit: `bytes_max` for each file; the last line says that it is full. Thread rule:
/// write() from any thread, the rest from one.
class TraceFiles {
 public:
  /// `directory` is made when the first line comes.
  TraceFiles(std::string directory, std::string node, std::size_t bytes_max);
  ~TraceFiles();

  void write(std::string_view name, LogLevel level, std::string_view text, const LogContext& about);
  /// Files of other traces go.
  void keep(const std::vector<std::string>& names);

  std::string path(std::string_view name) const;
  std::uint64_t size(std::string_view name) const;
  /// Up to `count` bytes from `position` on; empty at the end, or if nothing was written.
  Result<std::string> read(std::string_view name, std::uint64_t position, std::size_t count) const;

 private:
  class Writer;

  const std::string directory_;
  const std::string node_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace meshmq::server
