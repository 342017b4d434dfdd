#pragma once
// The dashboard's pages on the doors of the management API.

#include <filesystem>
#include <optional>
#include <string>

#include "http/files.hpp"
#include "http/message.hpp"

namespace meshmq::server {

/// Thread rule: one owner, the control thread.
class DashboardPages {
 public:
  /// `directory`: empty: where packages have it, share/meshmq/dashboard beside the directory of the program.
  DashboardPages(bool on, const std::string& directory);

  /// Its files. `/` always has an answer: without files it says what is here instead. Other paths that a
  /// browser is sent to, as bookmarks of pages, lead to the page of that name. Nothing: it is for the API.
  std::optional<http::Response> answer(const http::Request& request);

 private:
  const bool on_;
  http::Files files_;
};

/// Empty if the system does not say where the program is.
std::filesystem::path packaged_pages();

}  // namespace meshmq::server
