#include "broker/topic_view.hpp"

#include "topic/placeholders.hpp"

namespace meshmq::broker {

std::optional<std::string> expand_mountpoint(std::string_view pattern, std::string_view client_id,
                                             std::string_view username) {
  auto result = topic::put_names(pattern, {client_id, username});
  constexpr std::size_t room_for_topics = 1024;
  if (result && result->size() > 0xFFFF - room_for_topics) return std::nullopt;
  return result;
}

std::string_view mounted(const TopicView* view, std::string_view topic, std::string& storage) {
  if (view == nullptr || view->mountpoint.empty()) return topic;
  storage.assign(view->mountpoint).append(topic);
  return storage;
}

}  // namespace meshmq::broker
