#include "broker/client_acl.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::broker {

namespace {

/// Takes the first level from the front; `more` is whether there are others.
std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  more = slash != std::string_view::npos;
  const std::string_view level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

/// Nothing: this client has no such name, or none that fits one level without being taken for something else.
std::optional<std::string_view> meaning_of(std::string_view level, const AclClient& client) {
  const std::string_view name = level == "%c" ? client.client_id : client.username;
  if (name.empty() || name.find_first_of("/+#") != std::string_view::npos) return std::nullopt;
  return name;
}

/// The filter as it is for this client; nothing: it takes no topic at all.
std::optional<std::string> filter_for(const AclTopic& topic, const AclClient& client) {
  if (!has_placeholder(topic)) return topic.filter;
  std::string result;
  std::string_view rest = topic.filter;
  bool more = true;
  while (more) {
    std::string_view level = take_level(rest, more);
    if (level == "%c" || level == "%u") {
      const auto name = meaning_of(level, client);
      if (!name) return std::nullopt;
      level = *name;
    }
    result.append(level);
    if (more) result += '/';
  }
  return result;
}

}  // namespace

bool has_placeholder(const AclTopic& topic) {
  if (topic.exact) return false;
  std::string_view rest = topic.filter;
  bool more = true;
  while (more) {
    const std::string_view level = take_level(rest, more);
    if (level == "%c" || level == "%u") return true;
  }
  return false;
}

bool acl_filter_takes(std::string_view filter, std::string_view topic, bool allow) {
  bool more_filter = true;
  bool more_topic = true;
  while (more_filter) {
    const std::string_view wanted = take_level(filter, more_filter);
    if (wanted == "#") return true;
    if (!more_topic) return false;
    const std::string_view level = take_level(topic, more_topic);
    if (wanted == "+" ? level == "#" && allow : wanted != level) return false;
  }
  return !more_topic;
}

IntrusivePtr<ClientAcl> ClientAcl::make(std::span<const AclRulesPtr> layers, const AclClient& client,
                                        bool otherwise) {
  auto acl = IntrusivePtr<ClientAcl>::adopt(new ClientAcl);
  acl->publish_ = make_side(layers, client, AclAction::publish, otherwise);
  acl->subscribe_ = make_side(layers, client, AclAction::subscribe, otherwise);
  return acl;
}

IntrusivePtr<ClientAcl> ClientAcl::all() {
  return IntrusivePtr<ClientAcl>::adopt(new ClientAcl);
}

ClientAcl::Side ClientAcl::make_side(std::span<const AclRulesPtr> layers, const AclClient& client,
                                     AclAction action, bool otherwise) {
  Side side;
  side.otherwise = otherwise;
  for (const AclRulesPtr& rules : layers) {
    if (!rules) continue;
    for (const AclRule& rule : *rules) {
      if (!rule.speaks_of(action) || !rule.who.means(client)) continue;
      bool everywhere = rule.everywhere;
      for (const AclTopic& topic : rule.topics) {
        auto filter = filter_for(topic, client);
        if (!filter) continue;
        everywhere = everywhere || (!topic.exact && *filter == "#");
        if (!everywhere) side.entries.push_back({*std::move(filter), topic.exact, rule.allow});
      }
      if (!everywhere) continue;
      // Whatever follows is never reached.
      side.otherwise = rule.allow;
      drop_idle_entries(side);
      return side;
    }
  }
  drop_idle_entries(side);
  return side;
}

void ClientAcl::drop_idle_entries(Side& side) {
  while (!side.entries.empty() && side.entries.back().allow == side.otherwise) side.entries.pop_back();
  side.entries.shrink_to_fit();
}

bool ClientAcl::search(const Side& side, std::string_view topic) {
  for (const Entry& entry : side.entries) {
    const bool takes =
        entry.exact ? entry.filter == topic : acl_filter_takes(entry.filter, topic, entry.allow);
    if (takes) return entry.allow;
  }
  return side.otherwise;
}

}  // namespace meshmq::broker
