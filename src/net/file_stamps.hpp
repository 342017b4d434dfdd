#pragma once
// Whether files have changed since they were read.

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace meshmq::net {

/// Time and size of each file. Thread rule: one owner.
class FileStamps {
 public:
  /// To be called before the files are read: a change while they are read counts as one.
  void take(std::vector<std::string> paths) {
    paths_ = std::move(paths);
    stamps_ = read();
  }
  bool changed() const { return read() != stamps_; }

 private:
  using Stamp = std::pair<std::filesystem::file_time_type, std::uintmax_t>;

  std::vector<Stamp> read() const {
    std::vector<Stamp> result;
    for (const std::string& path : paths_) {
      std::error_code ignored;
      result.emplace_back(std::filesystem::last_write_time(path, ignored),
                          std::filesystem::file_size(path, ignored));
    }
    return result;
  }

  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
};

}  // namespace meshmq::net
