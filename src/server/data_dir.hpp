#pragma once
// What a node keeps on disk, and the lock that makes it the only one there.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::server {

/// Held for as long as the process runs. Thread rule: one owner.
class DataDir {
 public:
  /// Makes the directory if there is none. Fails if another process holds it, and says which.
  static Result<DataDir> open(const std::string& path);
  /// The process that holds the directory; 0: none.
  static long holder(const std::string& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  const std::string& path() const { return path_; }
  /// The whole file, or an empty text if there is none.
  Result<std::string> read(const std::string& name) const;
  /// Either the old content or the new one is there after a crash; the new one once this has returned.
  Result<void> replace(const std::string& name, std::string_view content, unsigned mode) const;
  void remove(const std::string& name) const;

 private:
  DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

/// As DataDir::replace(), for a file anywhere.
Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode);

}  // namespace meshmq::server
