#pragma once
// Where the rules of acl_file come from, at start and later.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "access/acl_file.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace meshmq::node {
class AccessAdmin;
}

namespace meshmq::server {

/// The file, or the default rules if `path` is empty.
access::AclFile read_acl(const std::string& path);

/// Thread rule: the control thread.
class AclSource {
 public:
  AclSource(std::string path, Logger log) : path_(std::move(path)), log_(log) {}

  /// Second half of construction: who gets the rules; must outlive the last load().
  void attach(node::AccessAdmin& admin) { admin_ = &admin; }
  /// Reads the file and lets its rules hold; returns how many there are. Fails with a line for each mistake;
  /// the rules stay as they are then.
  Result<std::size_t> load();
  /// Another file; load() follows.
  void set_path(std::string path) { path_ = std::move(path); }

 private:
  std::string path_;
  Logger log_;
  node::AccessAdmin* admin_ = nullptr;
};

}  // namespace meshmq::server
