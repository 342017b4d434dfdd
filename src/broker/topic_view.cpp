#include "broker/topic_view.hpp"

namespace meshmq::broker {

std::optional<std::string> expand_mountpoint(std::string_view pattern, std::string_view client_id,
                                             std::string_view username) {
  std::string result;
  while (!pattern.empty()) {
    if (pattern.starts_with("%c")) {
      result += client_id;
      pattern.remove_prefix(2);
    } else if (pattern.starts_with("%u") && !username.empty()) {
      result += username;
      pattern.remove_prefix(2);
    } else {
      result += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  constexpr std::size_t room_for_topics = 1024;
  if (result.find_first_of("+#") != std::string::npos || result.size() > 0xFFFF - room_for_topics)
    return std::nullopt;
  return result;
}

std::string_view mounted(const TopicView* view, std::string_view topic, std::string& storage) {
  if (view == nullptr || view->mountpoint.empty()) return topic;
  storage.assign(view->mountpoint).append(topic);
  return storage;
}

}  // namespace meshmq::broker
