#pragma once
// Files of cases. See docs/testing.md for the language.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/types.hpp"

namespace meshmq::conformance {

struct Step {
  std::size_t line = 0;
  std::string text;
};

/// What stands below one `case` line: it has a broker of its own.
struct Case {
  std::string title;  ///< with the numbers of the statements that it shows
  std::size_t line = 0;
  std::string known_gap;  ///< why it fails today; empty: it must not fail
  std::vector<Step> steps;
};

struct Script {
  std::filesystem::path path;
  mqtt::Version version = mqtt::Version::v5;  ///< of a CONNECT that names none
  std::vector<Case> cases;
};

/// The version is that of the directory: 3.1, 3.1.1 or 5.0.
Script parse_script(const std::filesystem::path& path, std::string_view text);

}  // namespace meshmq::conformance
