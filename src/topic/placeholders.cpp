#include "topic/placeholders.hpp"

namespace meshmq::topic {

std::optional<std::string> put_names(std::string_view pattern, const ClientNames& names) {
  std::string result;
  while (!pattern.empty()) {
    std::string_view name;
    if (pattern.starts_with("%c")) name = names.client_id;
    if (pattern.starts_with("%u")) name = names.username;
    if (name.empty()) {
      result += pattern.front();
      pattern.remove_prefix(1);
      continue;
    }
    if (name.find_first_of("+#") != std::string_view::npos) return std::nullopt;
    result += name;
    pattern.remove_prefix(2);
  }
  return result;
}

}  // namespace meshmq::topic
