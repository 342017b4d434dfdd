#include "conformance/script.hpp"

#include <fmt/format.h>

#include "conformance/fields.hpp"

namespace meshmq::conformance {

namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text = trimmed(text.substr(word.size()));
  return true;
}

}  // namespace

Script parse_script(const std::filesystem::path& path, std::string_view text) {
  Script script{.path = path, .cases = {}};
  const std::string directory = path.parent_path().filename().string();
  if (directory == "3.1") script.version = mqtt::Version::v3_1;
  if (directory == "3.1.1") script.version = mqtt::Version::v3_1_1;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (take_word(line, "case ")) {
      script.cases.push_back({.title = std::string(line), .line = number, .known_gap = {}, .steps = {}});
    } else if (script.cases.empty()) {
      throw ScriptError(fmt::format("{}:{}: before the first case", path.string(), number));
    } else if (take_word(line, "known gap:")) {
      script.cases.back().known_gap = line;
    } else {
      script.cases.back().steps.push_back({number, std::string(line)});
    }
  }
  return script;
}

}  // namespace meshmq::conformance
