#pragma once
// What a running node leaves in its data directory so that `meshmq stop` and meshmq_ctl find it.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace meshmq::config {

/// The file holds the cookie: it is readable by its owner only. Lines of `key = value`.
struct RunFile {
  static constexpr const char* name = "meshmq.run";

  long pid = 0;
  std::string node;
  std::string cookie;
  bool ipv6 = false;
  bool epmd = true;
  std::uint16_t epmd_port = 0;
  std::uint16_t dist_port = 0;
  std::string tls_file = {};  ///< Mesh::tls_file(), absolute

  std::string text() const;
  /// Fails if the node has never run there, or the file is damaged.
  static Result<RunFile> read(const std::string& data_dir);

  friend bool operator==(const RunFile&, const RunFile&) = default;
};

}  // namespace meshmq::config
