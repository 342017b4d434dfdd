#pragma once
// A file that lines are added to; when it is full another one begins.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace meshmq::server {

/// All bytes, whatever it takes; a log that cannot be written has no place to complain.
void write_out(int fd, std::string_view bytes);

/// Thread rule: one owner.
class RotatingFile {
 public:
  /// `bytes_max` 0: it grows for ever. `count`: files kept, this one included.
  RotatingFile(std::string path, std::size_t bytes_max, unsigned count)
      : path_(std::move(path)), bytes_max_(bytes_max), count_(count) {}
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  /// Makes its directory too. Fails with `cannot write <what> <path>: <reason>`.
  Result<void> open(std::string_view what);
  void write(std::string_view line);
  const std::string& path() const { return path_; }

 private:
  bool open_file();
  /// file -> file.1 -> file.2 ...; the oldest goes.
  void rotate();

  const std::string path_;
  const std::size_t bytes_max_;
  const unsigned count_;
  int fd_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace meshmq::server
