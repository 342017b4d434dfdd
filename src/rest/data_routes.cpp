// What operators have entered, to files of this node and back.

#include <boost/json/serialize.hpp>

#include "admin/backup.hpp"
#include "admin/formats.hpp"
#include "rest/body.hpp"
#include "rest/office.hpp"

namespace meshmq::rest {

namespace {

Json file_row(const Office& office, const admin::BackupFiles::File& file) {
  return Json::object({{"filename", file.name},
                       {"size", file.bytes},
                       {"created_at", admin::format_datetime(file.created_at)},
                       {"node", office.desk().name}});
}

/// nullptr: it has been told that there are none.
admin::BackupFiles* files(Office& office, const Call& call) {
  if (office.desk().backups == nullptr) call.fail(Code::unknown, "this node keeps no files");
  return office.desk().backups;
}

void export_file(Office& office, const Call& call) {
  const auto file = admin::write_backup(office.desk(), call.now);
  if (!file) return call.fail(Code::unknown, file.error().message);
  call.ok(file_row(office, *file));
}

void list_files(Office& office, const Call& call) {
  const auto* kept = files(office, call);
  if (kept == nullptr) return;
  call.ok(Json::array(kept->list(), [&](const auto& file) { return file_row(office, file); }));
}

void import_file(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string name = body.needed("filename");
  if (!body.good()) return call.fail(body.code(), body.problem());
  const auto* kept = files(office, call);
  if (kept == nullptr) return;
  const auto document = kept->read(name);
  if (!document) return call.fail(Code::unknown, document.error().message);
  admin::import_data(office.desk(), *document, call.now, [call](const Result<admin::ImportReport>& report) {
    if (!report) return call.fail(Code::unknown, report.error().message);
    call.ok(admin::report_json(*report));
  });
}

void download_file(Office& office, const Call& call) {
  const auto* kept = files(office, call);
  if (kept == nullptr) return;
  auto document = kept->read(std::string(call.get("filename")));
  if (!document) return call.fail(Code::unknown, document.error().message, 404);
  const std::string name(call.get("filename"));
  call.ok(Json::object({{"filename", name}, {"file", Json::raw(*std::move(document))}}));
}

void upload_file(Office& office, const Call& call) {
  Body body(call.body.get());
  const std::string name = body.needed("filename");
  const auto* content = body.find("file");
  if (content == nullptr || !content->is_object()) body.fail(Code::bad_parameter, "file is no object");
  if (!body.good()) return call.fail(body.code(), body.problem());
  auto* kept = files(office, call);
  if (kept == nullptr) return;
  const auto written = kept->write(name, boost::json::serialize(*content) + "\n");
  if (!written) return call.fail(Code::bad_parameter, written.error().message);
  call.ok();
}

void delete_file(Office& office, const Call& call) {
  auto* kept = files(office, call);
  if (kept == nullptr) return;
  const auto removed = kept->remove(std::string(call.get("filename")));
  if (!removed) return call.fail(Code::unknown, removed.error().message, 404);
  call.ok();
}

constexpr Route data_rows[] = {
    {.method = "POST",
     .path = "/data/export",
     .name = "export_data",
     .help = "Writes users, rules, bans, accounts, settings and retained messages to a file of this node",
     .run = export_file,
     .data = "ExportedFile"},
    {.method = "GET",
     .path = "/data/export",
     .name = "list_exported_data",
     .help = "Such files of this node, the newest first",
     .run = list_files,
     .data = "[ExportedFile]"},
    {.method = "POST",
     .path = "/data/import",
     .name = "import_data",
     .help = "Takes in what a file of this node holds, of MeshMQ or of EMQ X 4.3",
     .run = import_file,
     .data = "DataImport",
     .body = "FileName"},
    {.method = "GET",
     .path = "/data/file/:filename",
     .name = "download_data",
     .help = "A file",
     .run = download_file,
     .data = "ExportedData"},
    {.method = "POST",
     .path = "/data/file",
     .name = "upload_data",
     .help = "Keeps a file on this node, to be imported",
     .run = upload_file,
     .body = "ExportedData"},
    {.method = "DELETE",
     .path = "/data/file/:filename",
     .name = "delete_data",
     .help = "Deletes a file",
     .run = delete_file},
};

}  // namespace

std::span<const Route> data_routes() {
  return data_rows;
}

}  // namespace meshmq::rest
