#include "server/backup_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "server/data_dir.hpp"

namespace meshmq::server {

namespace {

tl::unexpected<Error> no_such_file(const std::string& name) {
  return fail(Errc::not_found, "there is no exported file " + name);
}

}  // namespace

std::vector<admin::BackupFiles::File> BackupDirectory::list() const {
  std::vector<File> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    struct stat status {};
    const std::string name = entry.path().filename().string();
    if (!admin::is_backup_name(name) || ::stat(entry.path().c_str(), &status) != 0) continue;
    files.push_back(
        {name, static_cast<std::uint64_t>(status.st_size), WallMillis{status.st_mtim.tv_sec} * 1000});
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.name > b.name;
  });
  return files;
}

Result<std::string> BackupDirectory::read(const std::string& name) const {
  // EMQ X takes a path too, and its last part is enough.
  const std::string last = std::filesystem::path(name).filename().string();
  if (!admin::is_backup_name(last)) return no_such_file(name);
  std::ifstream file(path_ / last, std::ios::binary);
  if (!file.is_open()) return no_such_file(name);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Result<void> BackupDirectory::write(const std::string& name, std::string_view content) {
  if (!admin::is_backup_name(name))
    return fail(Errc::invalid_argument,
                name + ": a name of letters, digits, - and _ that ends in .json is needed");
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) return fail(Errc::io, "cannot make " + path_.string() + ": " + error.message());
  // Hashes of passwords, and secrets.
  return replace_file((path_ / name).string(), content, 0600);
}

Result<void> BackupDirectory::remove(const std::string& name) {
  std::error_code error;
  if (!admin::is_backup_name(name) || !std::filesystem::remove(path_ / name, error))
    return no_such_file(name);
  return {};
}

}  // namespace meshmq::server
