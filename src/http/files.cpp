#include "http/files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "base/hash.hpp"

namespace meshmq::http {

namespace {

constexpr std::string_view compressed_suffix = ".gz";

constexpr std::pair<std::string_view, std::string_view> media_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

std::string_view media_type(std::string_view name) {
  for (const auto& [suffix, type] : media_types) {
    if (name.ends_with(suffix)) return type;
  }
  return "application/octet-stream";
}

/// Scripts of ours only, nothing from elsewhere. Styles are set by the component library; WebSockets may go
/// to any node of the cluster.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' ws: wss:; manifest-src 'self'; frame-ancestors 'none'; base-uri "
    "'none'; form-action 'none'";

/// Of the list in Accept-Encoding.
bool takes_gzip(std::string_view header) {
  while (!header.empty()) {
    std::string_view item = header.substr(0, header.find(','));
    header.remove_prefix(std::min(item.size() + 1, header.size()));
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    if (!item.starts_with("gzip")) continue;
    return item.find("q=0") == std::string_view::npos || item.find("q=0.") != std::string_view::npos;
  }
  return false;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Of `If-None-Match`.
bool names(std::string_view header, std::string_view tag) {
  return header == "*" || header.find(tag) != std::string_view::npos;
}

}  // namespace

void Files::load() {
  if (std::exchange(loaded_, true)) return;
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory_, error), end; !error && entry != end;
       entry.increment(error)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden || !entry->is_regular_file(error) || entry->is_symlink(error)) continue;
    if (entry->file_size(error) > file_bytes_max) continue;
    std::string name = entry->path().lexically_relative(directory_).generic_string();
    std::string content = read(entry->path());
    if (name.ends_with(compressed_suffix)) {
      name.resize(name.size() - compressed_suffix.size());
      files_[name].compressed = std::move(content);
    } else {
      File& file = files_[name];
      file.tag = fmt::format("{:016x}", hash_bytes(content));
      file.content = std::move(content);
    }
  }
  // A compressed file alone is none.
  std::erase_if(files_, [](const auto& item) { return item.second.tag.empty(); });
}

const Files::File* Files::find(std::string_view name) {
  load();
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

std::optional<Response> Files::answer(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  std::string_view name = request.target;
  name = name.substr(0, name.find('?'));
  if (!name.starts_with('/')) return std::nullopt;
  name.remove_prefix(1);
  if (name.empty()) name = "index.html";
  const File* file = find(name);
  if (file == nullptr) return std::nullopt;

  const bool compressed = !file->compressed.empty() && takes_gzip(request.header("accept-encoding"));
  const std::string tag = fmt::format("\"{}{}\"", file->tag, compressed ? "-gz" : "");
  Response response;
  response.content_type = media_type(name);
  response.headers = {
      {"ETag", tag},
      {"Cache-Control", name.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", page_policy}};
  if (!file->compressed.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (const std::string_view known = request.header("if-none-match"); names(known, tag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (compressed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = compressed ? file->compressed : file->content;
  return response;
}

}  // namespace meshmq::http
