#include "server/dashboard_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

namespace meshmq::server {

namespace {

/// What belongs to the API, whatever asks for it.
bool is_of_api(std::string_view path) {
  return path.starts_with("/api/") || path == "/api" || path == "/metrics" || path == "/status";
}

/// A word or several, as pages are named: nothing that a browser could take for another address.
bool names_page(std::string_view path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/';
  };
  return path.starts_with('/') && !path.starts_with("//") && std::all_of(path.begin(), path.end(), plain);
}

/// Relative, as below a proxy's path: `clients/a` -> `../#/clients/a`.
std::string way_to(std::string_view path) {
  std::string up = "./";
  const auto depth = std::count(path.begin() + 1, path.end(), '/');
  if (depth > 0) up.clear();
  for (auto i = depth; i > 0; --i) up += "../";
  return fmt::format("{}#{}", up, path);
}

}  // namespace

std::filesystem::path packaged_pages() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  return program.parent_path().parent_path() / "share/meshmq/dashboard";
}

DashboardPages::DashboardPages(bool on, const std::string& directory)
    : on_(on), files_(directory.empty() ? packaged_pages() : std::filesystem::path(directory)) {}

std::optional<http::Response> DashboardPages::answer(const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (is_of_api(path)) return std::nullopt;
  if (on_) {
    if (auto file = files_.answer(request)) return file;
  }
  if (path == "/") {
    const std::string why =
        on_ ? fmt::format("its files are not in {} (dashboard.directory)", files_.directory().string())
            : "dashboard.pages = off";
    return http::Response{.status = 404,
                          .content_type = "text/plain; charset=utf-8",
                          .body = fmt::format("MeshMQ: the management API is at /api/v4, described by "
                                              "/api/v4/openapi.json. The dashboard is not here: {}.\n",
                                              why)};
  }
  const bool browser = request.header("accept").find("text/html") != std::string_view::npos;
  if (!on_ || !browser || !names_page(path) || !files_.has_index()) return std::nullopt;
  return http::Response{
      .status = 302, .content_type = {}, .body = {}, .headers = {{"Location", way_to(path)}}};
}

}  // namespace meshmq::server
