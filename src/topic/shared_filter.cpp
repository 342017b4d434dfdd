#include "topic/shared_filter.hpp"

#include <cstddef>

#include "topic/filter.hpp"

namespace meshmq::topic {
namespace {

constexpr std::string_view share_prefix = "$share/";
constexpr std::string_view queue_prefix = "$queue/";
constexpr std::string_view queue_group = "$queue";
constexpr std::string_view exclusive_prefix = "$exclusive/";

bool is_valid_group(std::string_view group) {
  return !group.empty() && group.find_first_of("+#") == std::string_view::npos && is_valid_utf8(group);
}

}  // namespace

bool is_shared(std::string_view text) {
  return text.starts_with(share_prefix) || text.starts_with(queue_prefix) || is_exclusive(text);
}

std::optional<SharedFilter> parse_shared(std::string_view text) {
  SharedFilter result;
  if (text.starts_with(queue_prefix)) {
    result = {queue_group, text.substr(queue_prefix.size())};
  } else if (is_exclusive(text)) {
    result = {exclusive_group, text.substr(exclusive_prefix.size())};
  } else if (text.starts_with(share_prefix)) {
    const std::string_view rest = text.substr(share_prefix.size());
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    result = {rest.substr(0, slash), rest.substr(slash + 1)};
  } else {
    return std::nullopt;
  }
  if (!is_valid_group(result.group) || !is_valid_filter(result.filter) || is_shared(result.filter)) {
    return std::nullopt;
  }
  return result;
}

bool is_exclusive(std::string_view name) {
  return name.starts_with(exclusive_prefix);
}

std::string shared_name(const SharedFilter& shared) {
  std::string name;
  if (shared.group == exclusive_group) return name.append(exclusive_prefix).append(shared.filter);
  name.reserve(share_prefix.size() + shared.group.size() + 1 + shared.filter.size());
  name.append(share_prefix).append(shared.group).append("/").append(shared.filter);
  return name;
}

}  // namespace meshmq::topic
