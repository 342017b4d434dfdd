#pragma once
// Exported files of this node: a directory below node.data_dir.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "admin/backup.hpp"

namespace meshmq::server {

/// Thread rule: the control thread.
class BackupDirectory final : public admin::BackupFiles {
 public:
  explicit BackupDirectory(const std::string& data_dir) : path_(std::filesystem::path(data_dir) / "backup") {}

  std::vector<File> list() const override;
  Result<std::string> read(const std::string& name) const override;
  Result<void> write(const std::string& name, std::string_view content) override;
  Result<void> remove(const std::string& name) override;
  std::string path_of(const std::string& name) const override { return (path_ / name).string(); }

 private:
  const std::filesystem::path path_;
};

}  // namespace meshmq::server
