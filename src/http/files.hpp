#pragma once
// The files of one directory, as browsers get them.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace meshmq::http {

/// Read into memory when somebody asks for the first time, so that an upgrade of the package does not mix two
/// versions; only what stands there then can be asked for, whatever a path says. `name.gz` beside `name` is
/// the same, compressed. Thread rule: one owner.
class Files {
 public:
  /// Larger files are not served.
  static constexpr std::size_t file_bytes_max = 16 << 20;

  explicit Files(std::filesystem::path directory) : directory_(std::move(directory)) {}

  const std::filesystem::path& directory() const { return directory_; }
  /// Whether there is a file for `/`: index.html.
  bool has_index() { return find("index.html") != nullptr; }
  /// Of GET and HEAD; nothing: there is no such file, or it is another method. What lies below `assets/` has
  /// its content's hash in its name and may be kept for ever.
  std::optional<Response> answer(const Request& request);

 private:
  struct File {
    std::string content;
    std::string compressed;  ///< empty: there is none
    std::string tag;         ///< of the content
  };
  void load();
  const File* find(std::string_view name);

  const std::filesystem::path directory_;
  bool loaded_ = false;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace meshmq::http
