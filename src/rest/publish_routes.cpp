// Publishing, and subscribing for clients that are connected: one at a time or many.

#include <boost/json/serialize.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "mqtt/message.hpp"
#include "rest/body.hpp"
#include "rest/office.hpp"
#include "sasl/base64.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::rest {

namespace {

/// What one item of a request came to.
struct Outcome {
  Code code = Code::ok;
  std::string message{};
  std::string topic{};
  std::string client_id{};

  /// As lists of outcomes have it.
  Json json() const {
    Call::Members members = {{"code", static_cast<int>(code)}, {"topic", topic}};
    if (!client_id.empty()) members.emplace_back("clientid", client_id);
    if (!message.empty()) members.emplace_back("message", message);
    return Json::object(members);
  }
};
using Finished = std::function<void(Outcome)>;
using Act = void (*)(Office&, const boost::json::value*, Now, const Finished&);

/// `topic`, or `topics` with commas.
std::vector<std::string> topics_of(Body& body) {
  std::string text = body.text("topics");
  if (text.empty()) {
    std::string topic = body.text("topic");
    return topic.empty() ? std::vector<std::string>() : std::vector{std::move(topic)};
  }
  std::vector<std::string> topics;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) topics.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return topics;
}

std::string joined(const std::vector<std::string>& topics) {
  std::string text;
  for (const std::string& topic : topics) text.append(text.empty() ? "" : ",").append(topic);
  return text;
}

/// Text as it is or behind base64; any other JSON as it is written.
std::string payload_of(Body& body) {
  const boost::json::value* value = body.find("payload");
  if (value == nullptr) return {};
  if (!value->is_string()) return boost::json::serialize(*value);
  std::string text(value->get_string());
  const std::string encoding = body.text("encoding");
  if (encoding.empty() || encoding == "plain") return text;
  auto bytes = encoding == "base64" ? sasl::from_base64(text) : std::nullopt;
  if (!bytes) body.fail(Code::bad_parameter, "the payload is not " + encoding);
  return bytes.value_or(std::string());
}

Outcome outcome_of(const Body& body, std::string topic, std::string client_id) {
  return {body.code(), body.problem(), std::move(topic), std::move(client_id)};
}

void publish_one(Office& office, const boost::json::value* value, Now now, const Finished& finished) {
  Body body(value);
  const std::vector<std::string> topics = topics_of(body);
  const std::string payload = payload_of(body);
  const std::string client_id = body.text("clientid");
  const auto qos = body.integer("qos", 0, 0, 2);
  const bool retain = body.boolean("retain", false);
  bool valid = !topics.empty();
  for (const std::string& topic : topics) valid = valid && topic::is_valid_name(topic);
  if (!valid) body.fail(Code::bad_topic, "bad_topic");
  if (client_id.size() > 0xFFFF) body.fail(Code::bad_parameter, "clientid is too long");
  if (body.good()) {
    for (const std::string& topic : topics) {
      office.desk().control.publish(mqtt::Message::make({.topic = topic,
                                                         .payload = payload,
                                                         .publisher = client_id,
                                                         .qos = static_cast<mqtt::QoS>(qos),
                                                         .retain = retain,
                                                         .created_at = now.wall}),
                                    now);
    }
  }
  finished(outcome_of(body, joined(topics), {}));
}

/// The node where the client is connected does it.
void change_one(Office& office, const std::string& verb, Outcome so_far, Params params, Now now,
                const Finished& finished) {
  office.ask_all({verb, std::move(params)}, now,
                 [finished, so_far = std::move(so_far)](const Gathered& gathered) mutable {
                   const Report* failed = gathered.failure();
                   bool found = false;
                   for (const auto& [node, report] : gathered.reports) found = found || !report.rows.empty();
                   if (failed != nullptr) {
                     so_far.code = failed->code;
                     so_far.message = failed->message;
                   } else if (!found) {
                     so_far.code = Code::not_online;
                     so_far.message = "channel_not_found";
                   }
                   finished(std::move(so_far));
                 });
}

/// One filter behind the other; the first failure ends it.
void change_next(Office& office, const std::string& verb, std::vector<std::string> topics, Outcome so_far,
                 const std::string& qos, Now now, const Finished& finished) {
  if (topics.empty() || so_far.code != Code::ok) return finished(std::move(so_far));
  Params params = {{"clientid", so_far.client_id}, {"topic", topics.front()}, {"qos", qos}};
  topics.erase(topics.begin());
  change_one(office, verb, std::move(so_far), std::move(params), now,
             [&office, verb, topics, qos, now, finished](Outcome outcome) {
               change_next(office, verb, topics, std::move(outcome), qos, now, finished);
             });
}

void change(Office& office, const std::string& verb, const boost::json::value* value, Now now,
            const Finished& finished) {
  Body body(value);
  const std::vector<std::string> topics = topics_of(body);
  const std::string client_id = body.needed("clientid");
  const auto qos = body.integer("qos", 0, 0, 2);
  bool valid = !topics.empty();
  for (const std::string& topic : topics)
    valid = valid && (topic::is_shared(topic) ? topic::parse_shared(topic).has_value()
                                              : topic::is_valid_filter(topic));
  if (!valid) body.fail(Code::bad_topic, "bad_topic");
  change_next(office, verb, topics, outcome_of(body, joined(topics), client_id), std::to_string(qos), now,
              finished);
}

void subscribe_one(Office& office, const boost::json::value* value, Now now, const Finished& finished) {
  change(office, "subscribe", value, now, finished);
}
void unsubscribe_one(Office& office, const boost::json::value* value, Now now, const Finished& finished) {
  change(office, "unsubscribe", value, now, finished);
}

// ---------------------------------------------------------------- one, many

template <Act act>
void one(Office& office, const Call& call) {
  act(office, call.body.get(), call.now, [call](const Outcome& outcome) {
    outcome.code == Code::ok ? call.ok() : call.fail(outcome.code, outcome.message);
  });
}

template <Act act>
void many(Office& office, const Call& call) {
  const auto* items = call.body->if_array();
  if (items == nullptr) return call.fail(Code::bad_parameter, "the body must be a list");
  if (items->empty()) return call.ok(Json::array({}));
  struct Batch {
    std::vector<Json> outcomes;
    std::size_t missing;
  };
  const auto batch = std::make_shared<Batch>(Batch{std::vector<Json>(items->size()), items->size()});
  for (std::size_t i = 0; i < items->size(); ++i) {
    act(office, &(*items)[i], call.now, [call, batch, i](const Outcome& outcome) {
      batch->outcomes[i] = outcome.json();
      if (--batch->missing == 0) call.ok(Json::array(batch->outcomes));
    });
  }
}

constexpr Route publish_rows[] = {
    {.method = "POST",
     .path = "/mqtt/publish",
     .name = "mqtt_publish",
     .help = "Publishes a message to the whole cluster",
     .run = one<publish_one>,
     .body = "Publish"},
    {.method = "POST",
     .path = "/mqtt/subscribe",
     .name = "mqtt_subscribe",
     .help = "Subscribes for a client that is connected, wherever it is",
     .run = one<subscribe_one>,
     .body = "Subscribe"},
    {.method = "POST",
     .path = "/mqtt/unsubscribe",
     .name = "mqtt_unsubscribe",
     .help = "The contrary",
     .run = one<unsubscribe_one>,
     .body = "Unsubscribe"},
    {.method = "POST",
     .path = "/mqtt/publish_batch",
     .name = "mqtt_publish_batch",
     .help = "Publishes many messages",
     .run = many<publish_one>,
     .data = "[Outcome]",
     .body = "[Publish]"},
    {.method = "POST",
     .path = "/mqtt/subscribe_batch",
     .name = "mqtt_subscribe_batch",
     .help = "Many subscriptions",
     .run = many<subscribe_one>,
     .data = "[Outcome]",
     .body = "[Subscribe]"},
    {.method = "POST",
     .path = "/mqtt/unsubscribe_batch",
     .name = "mqtt_unsubscribe_batch",
     .help = "The contrary",
     .run = many<unsubscribe_one>,
     .data = "[Outcome]",
     .body = "[Unsubscribe]"},
};

}  // namespace

std::span<const Route> publish_routes() {
  return publish_rows;
}

}  // namespace meshmq::rest
