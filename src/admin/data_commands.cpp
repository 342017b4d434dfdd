// What operators have entered, to a file and back.

#include <fmt/format.h>

#include "admin/backup.hpp"
#include "admin/command.hpp"
#include "admin/formats.hpp"

namespace meshmq::admin {

namespace {

constexpr UsageLine data_usage[] = {
    {"data import <File> [--env '<json>']", "Import data from the specified file; --env has no use here"},
    {"data export", "Export data"},
    {"data list", "List the exported files of this node"},
};

void export_to_file(Desk& desk, const Call& call) {
  const auto file = write_backup(desk, call.now);
  if (!file) return call.refuse("The data export failed: " + file.error().message);
  const std::string path = desk.backups->path_of(file->name);
  call.answer(fmt::format("The emqx data has been successfully exported to {}.\n", path),
              Json::object({{"filename", file->name}, {"path", path}, {"size", file->bytes}}));
}

void import_from_file(Desk& desk, const Call& call) {
  if (desk.backups == nullptr) return call.refuse("The emqx data import failed: this node keeps no files");
  const auto document = desk.backups->read(call.words[1]);
  if (!document) return call.refuse("The emqx data import failed: " + document.error().message);
  import_data(desk, *document, call.now, [call](const Result<ImportReport>& report) {
    if (!report) return call.refuse("The emqx data import failed: " + report.error().message);
    std::string text = "The emqx data has been imported successfully.\n";
    for (const auto& [section, count] : report->imported) text += fmt::format("{}: {}\n", section, count);
    for (const std::string& note : report->notes) text += note + "\n";
    call.answer(text, report_json(*report));
  });
}

void list_files(const Desk& desk, const Call& call) {
  const auto files = desk.backups == nullptr ? std::vector<BackupFiles::File>() : desk.backups->list();
  std::string text;
  for (const BackupFiles::File& file : files)
    text += fmt::format("{} {} {}\n", file.name, file.bytes, format_datetime(file.created_at));
  call.answer(text, Json::array(files, [](const BackupFiles::File& file) {
                return Json::object({{"filename", file.name}, {"size", file.bytes}});
              }));
}

bool run_data(Desk& desk, const Call& call) {
  if (call.is("export", 0)) {
    export_to_file(desk, call);
  } else if (call.is("import", 1) || (call.is("import", 3) && call.words[2] == "--env")) {
    import_from_file(desk, call);
  } else if (call.is("list", 0)) {
    list_files(desk, call);
  } else {
    return false;
  }
  return true;
}

constexpr Command data_rows[] = {{"data", data_usage, run_data}};

}  // namespace

std::span<const Command> data_commands() {
  return data_rows;
}

}  // namespace meshmq::admin
