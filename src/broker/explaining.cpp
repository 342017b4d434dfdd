#include "broker/explaining.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mqtt/encoder.hpp"
#include "topic/delayed_topic.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::broker {

namespace {

constexpr std::size_t filters_shown = 5;

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < filters_shown; ++i)
    text += (i == 0 ? "'" : ", '") + items[i] + "'";
  if (items.size() > filters_shown) text += fmt::format(" and {} more", items.size() - filters_shown);
  return text;
}

int number(mqtt::QoS qos) {
  return static_cast<int>(qos);
}

}  // namespace

void Explaining::add(std::string_view step, bool ok, std::string text) {
  steps_.push_back({std::string(step), ok, std::move(text)});
}

// ---------------------------------------------------------------- where it is published

std::vector<ExplainStep> Explaining::publish(const ExplainQuestion& question, Now now) {
  Session* publisher = question.publisher.empty() ? nullptr : world_.sessions.find(question.publisher);
  Channel* channel =
      publisher == nullptr || !publisher->online ? nullptr : world_.channels.find(publisher->conn);
  const Config& zone = channel == nullptr ? world_.config : *channel->zone;
  std::string topic = question.topic;
  if (!topic::is_valid_name(topic)) {
    add("topic", false, fmt::format("'{}' is no topic name", topic));
    return std::move(steps_);
  }
  if (world_.config.delayed && topic::is_delayed(topic)) {
    const auto delayed = topic::parse_delayed(topic, now.wall);
    if (!delayed) {
      add("topic", false, fmt::format("'{}' does not say when and where (module.delayed)", topic));
      return std::move(steps_);
    }
    add("delay", true, fmt::format("waits {} s (module.delayed)", (delayed->due - now.wall) / 1000));
    topic = std::string(delayed->topic);
  }
  if (topic::has_more_levels(topic, zone.topic_levels_max)) {
    add("topic", false, fmt::format("more than {} levels (mqtt.max_topic_levels)", zone.topic_levels_max));
    return std::move(steps_);
  }
  if (question.qos > zone.qos_max) {
    add("topic", false, fmt::format("QoS above {} (mqtt.max_qos_allowed)", number(zone.qos_max)));
    return std::move(steps_);
  }
  if (channel != nullptr) {
    const bool allowed = world_.access.would_publish(*channel, topic);
    add("access", allowed,
        fmt::format("'{}' {} publish to '{}' (acl_file, acl rules, zone.*.acl_nomatch)", question.publisher,
                    allowed ? "may" : "may not", topic));
    if (!allowed) return std::move(steps_);
  } else if (!question.publisher.empty()) {
    add("access", true,
        fmt::format("'{}' is not connected here: its rules are not asked", question.publisher));
  }
  if (world_.config.rewrite_publish) {
    std::string storage;
    const std::string_view username = publisher == nullptr ? std::string_view() : publisher->username;
    const std::string rewritten(
        topic::rewritten(world_.config.rewrite_publish, topic, {question.publisher, username}, storage));
    if (rewritten != topic)
      add("rewrite", true, fmt::format("'{}' becomes '{}' (module.rewrite.pub.rule)", topic, rewritten));
    topic = rewritten;
  }
  if (channel != nullptr && publisher->view) {
    std::string storage;
    topic = std::string(mounted(publisher->view.get(), topic, storage));
  }
  add("topic", true, topic);
  return std::move(steps_);
}

// ---------------------------------------------------------------- where the client is

std::vector<ExplainStep> Explaining::delivery(const ExplainQuestion& question, Now now) {
  Session* session = world_.sessions.find(question.client_id);
  if (session == nullptr) return {};
  say_session(*session, now);
  const Matched matched = match(*session, question);
  if (!say_subscriptions(*session, question, matched)) return std::move(steps_);
  say_groups(matched);
  say_access(*session, matched);
  const mqtt::QoS granted = world_.delivery.qos_for(*session, question.qos, matched.qos);
  add("qos", true,
      fmt::format("published at QoS {}, subscribed at QoS {}: delivered at QoS {}{}", number(question.qos),
                  number(matched.qos), number(granted),
                  session->zone->upgrade_qos ? " (zone.*.upgrade_qos)" : ""));
  say_way_out(*session, question.topic, granted);
  return std::move(steps_);
}

void Explaining::say_session(const Session& session, Now now) {
  if (session.online) {
    add("session", true,
        fmt::format("connected from {}, MQTT {}", session.peername,
                    session.version == mqtt::Version::v5     ? "5.0"
                    : session.version == mqtt::Version::v3_1 ? "3.1"
                                                             : "3.1.1"));
  } else if (session.expiry_s == expiry_never) {
    add("session", true, "away; its session does not expire");
  } else {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(session.expires_at() - now.mono);
    add("session", true,
        fmt::format(
            "away; its session expires in {} s (zone.*.session_expiry_interval, or what the client said)",
            std::max<std::int64_t>(left.count(), 0)));
  }
  if (session.moving == Moving::leaving)
    add("move", true, "on its way to another node: what comes for it is sent after it");
  if (session.moving == Moving::arriving)
    add("move", true, "has just come from another node: what is under way there comes first");
}

Explaining::Matched Explaining::match(Session& session, const ExplainQuestion& question) const {
  Matched matched;
  bool all_own = true;
  for (const SubscriptionRef& ref : session.subscriptions) {
    const std::string_view filter = SubscriptionTable::filter_of(*ref.list);
    if (!topic::matches(filter, question.topic)) continue;
    const SubscriptionOptions options = (*ref.list)[ref.index].options;
    matched.filters.emplace_back(filter);
    matched.ordinary = true;
    matched.qos = mqtt::max_qos(matched.qos, options.qos());
    if (!options.no_local) all_own = false;
  }
  matched.own = matched.ordinary && all_own && question.publisher == session.client_id;
  for (const SharedRef& ref : session.shared ? *session.shared : std::vector<SharedRef>()) {
    const auto shared = topic::parse_shared(ref.group->name->text());
    if (!shared || !topic::matches(shared->filter, question.topic)) continue;
    matched.filters.emplace_back(ref.group->name->text());
    matched.qos = mqtt::max_qos(matched.qos, ref.group->members[ref.index].options.qos());
    matched.groups.push_back(ref.group);
  }
  return matched;
}

/// False: it ends here.
bool Explaining::say_subscriptions(Session& session, const ExplainQuestion& question,
                                   const Matched& matched) {
  if (matched.filters.empty()) {
    std::string text = fmt::format("none of its {} subscriptions matches '{}'", session.subscription_count(),
                                   question.topic);
    if (session.view && !session.view->mountpoint.empty())
      text += fmt::format("; they lie below '{}' (zone.*.mountpoint)", session.view->mountpoint);
    add("subscription", false, std::move(text));
    return false;
  }
  add("subscription", true, joined(matched.filters) + (matched.filters.size() == 1 ? " matches" : " match"));
  if (!matched.own || !matched.groups.empty()) return true;
  add("no local", false,
      "it is the publisher, and has said that it wants nothing of its own (No Local; a bridge, or "
      "mqtt.ignore_loop_deliver)");
  return false;
}

void Explaining::say_groups(const Matched& matched) {
  for (const SharedGroup* group : matched.groups) {
    add("group", true,
        fmt::format("one member of '{}' gets it, perhaps another one: {} of {} on this worker are online "
                    "(broker.shared_subscription_strategy)",
                    group->name->text(), group->online, group->members.size()));
  }
}

void Explaining::say_access(Session& session, const Matched& matched) {
  Channel* channel = session.online ? world_.channels.find(session.conn) : nullptr;
  if (channel == nullptr) return;
  for (const std::string& filter : matched.filters) {
    const auto shared = topic::parse_shared(filter);
    if (world_.access.would_subscribe(*channel, shared ? shared->filter : filter)) continue;
    // [MQTT5 3.8.4] Rules are asked when a client subscribes, not for every message.
    add("access", true,
        fmt::format("it might not subscribe to '{}' today, but has (acl_file, acl rules): the subscription "
                    "stands",
                    filter));
  }
}

void Explaining::say_way_out(const Session& session, std::string_view topic, mqtt::QoS qos) {
  const Config& zone = *session.zone;
  if (session.packet_bytes_max < mqtt::packet_bytes_max) {
    add("size", true,
        fmt::format(
            "the client takes packets of up to {} bytes: larger ones are dropped (Maximum Packet Size)",
            session.packet_bytes_max));
  }
  const std::size_t waiting = session.queue ? session.queue->size(zone.queue_priorities.of(topic)) : 0;
  const std::size_t limit = zone.queue_messages_max;
  const bool full = limit != 0 && waiting >= limit;
  const bool at_once = world_.delivery.has_place(session, topic, qos, true);
  if (qos == mqtt::QoS::at_most_once && !world_.delivery.has_place(session, topic, qos, false) && !full) {
    add("queue", false,
        session.online
            ? fmt::format("it does not read fast enough: more than {} bytes wait for its connection, "
                          "and messages of QoS 0 are dropped (listener.*.high_watermark)",
                          world_.config.output_bytes_max)
            : "it is away, and messages of QoS 0 are not kept (zone.*.mqueue_store_qos0 = false)");
    return;
  }
  const std::size_t inflight = session.inflight.size();
  if (session.online && qos != mqtt::QoS::at_most_once) {
    add("window", true,
        fmt::format("{} of {} messages wait for an acknowledgement (zone.*.max_inflight, Receive Maximum)",
                    inflight, session.inflight.window()));
  }
  if (at_once && session.online) return add("queue", true, "sent at once");
  add("queue", true,
      fmt::format("waits behind {} messages; {} (zone.*.max_mqueue_len = {})", waiting,
                  full ? "the queue is full: the oldest is dropped for it" : "there is room", limit));
}

}  // namespace meshmq::broker
