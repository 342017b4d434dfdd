#pragma once
// What operators have entered, as one JSON document: users, rules, bans, accounts, settings, retained
// messages. Reads EMQ X 4.3's export too, where it means the same.

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admin/desk.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace meshmq::admin {

/// Where the documents are, on this node. Implemented by the server; names have no `/` in them.
class BackupFiles {
 public:
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
    WallMillis created_at = 0;
  };
  virtual ~BackupFiles() = default;
  /// The newest first.
  virtual std::vector<File> list() const = 0;
  virtual Result<std::string> read(const std::string& name) const = 0;
  virtual Result<void> write(const std::string& name, std::string_view content) = 0;
  virtual Result<void> remove(const std::string& name) = 0;
  /// Where a file is, for people.
  virtual std::string path_of(const std::string& name) const = 0;
};
/// Of letters, digits, `-`, `_` and `.`, not beginning with one of these, ending in `.json`.
bool is_backup_name(std::string_view name);

/// Everything; passwords only as hashes, but secrets of applications as they are.
std::string export_data(Desk& desk, Now now);
/// Written to a file with the time in its name.
Result<BackupFiles::File> write_backup(Desk& desk, Now now);

struct ImportReport {
  std::map<std::string, std::size_t> imported{};  ///< rows by section
  std::vector<std::string> notes{};               ///< what was left out, and why; for people
};
/// Rows of the document replace those of the same name; others stay. Fails, with nothing changed, if it is no
/// such document. `done` is called once, perhaps before this returns.
void import_data(Desk& desk, std::string_view document, Now now,
                 std::function<void(const Result<ImportReport>&)> done);
Json report_json(const ImportReport& report);

/// A hash of EMQ X 4.3's in our words: `salted` is its 4 bytes of salt and what follows. Empty: it is none.
std::string hash_of_emqx(std::string_view salted);

}  // namespace meshmq::admin
