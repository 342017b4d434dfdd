// Messages that wait: retained ones for subscribers, delayed ones for their time. Every node has all of them.

#include "admin/formats.hpp"
#include "rest/office.hpp"
#include "rest/paging.hpp"
#include "sasl/base64.hpp"
#include "topic/filter.hpp"

namespace meshmq::rest {

namespace {

Call::Members members_of(const mqtt::Message& message) {
  return {{"topic", message.topic()},
          {"qos", static_cast<int>(message.qos())},
          {"from_clientid", message.publisher()},
          {"payload_size", message.payload().size()}};
}

Json retained_row(const mqtt::Message& message, bool with_payload) {
  Call::Members row = members_of(message);
  row.emplace_back("publish_at", admin::format_datetime(message.created_at()));
  if (with_payload) row.emplace_back("payload", sasl::to_base64(message.payload()));
  return Json::object(row);
}

void list_retained(Office& office, const Call& call) {
  const std::string filter(call.get("topic").empty() ? "#" : call.get("topic"));
  if (!topic::is_valid_filter(filter)) return call.fail(Code::bad_topic, "bad_topic");
  std::vector<Json> rows;
  for (const mqtt::MessagePtr& message : office.desk().control.retained(filter))
    rows.push_back(retained_row(*message, false));
  answer_page(call, office.settings(), rows);
}

void show_retained(Office& office, const Call& call) {
  const std::string name(call.get("topic"));
  if (!topic::is_valid_name(name)) return call.fail(Code::bad_topic, "bad_topic");
  const auto found = office.desk().control.retained(name);
  if (found.empty()) return call.fail(Code::unknown, "not_found");
  call.ok(retained_row(*found.front(), true));
}

void delete_retained(Office& office, const Call& call) {
  const std::string name(call.get("topic"));
  // A filter would delete more than the path names.
  if (!topic::is_valid_name(name)) return call.fail(Code::bad_topic, "bad_topic");
  const std::size_t count = office.desk().control.clean_retained(name, call.now);
  count == 0 ? call.fail(Code::unknown, "not_found") : call.ok();
}

void list_delayed(Office& office, const Call& call) {
  std::vector<Json> rows;
  for (const node::DelayedMessage& waiting : office.desk().control.delayed()) {
    Call::Members row = members_of(*waiting.message);
    row.emplace_back("id", waiting.id);
    row.emplace_back("node", waiting.node);
    row.emplace_back("expected_at", admin::format_datetime(waiting.due));
    rows.push_back(Json::object(row));
  }
  answer_page(call, office.settings(), rows);
}

void delete_delayed(Office& office, const Call& call) {
  const bool found = office.desk().control.erase_delayed(call.get("id"), call.now);
  found ? call.ok() : call.fail(Code::unknown, "not_found");
}

constexpr Parameter retained_parameters[] = {
    page_parameters[0], page_parameters[1], {"topic", "string", "Only topics that match this filter"}};

constexpr Route retained_rows[] = {
    {.method = "GET",
     .path = "/retained",
     .name = "list_retained",
     .help = "The retained messages, without their payloads",
     .run = list_retained,
     .data = "[RetainedMessage]",
     .query = retained_parameters,
     .meta = Meta::page},
    {.method = "GET",
     .path = "/retained/:topic",
     .name = "lookup_retained",
     .help = "One with its payload",
     .run = show_retained,
     .data = "RetainedMessage"},
    {.method = "DELETE",
     .path = "/retained/:topic",
     .name = "delete_retained",
     .help = "Deletes one in the whole cluster",
     .run = delete_retained},
    {.method = "GET",
     .path = "/delayed",
     .name = "list_delayed",
     .help = "Messages that wait for their time",
     .run = list_delayed,
     .data = "[DelayedMessage]",
     .query = page_parameters,
     .meta = Meta::page},
    {.method = "DELETE",
     .path = "/delayed/:id",
     .name = "delete_delayed",
     .help = "Deletes one in the whole cluster",
     .run = delete_delayed},
};

}  // namespace

std::span<const Route> retained_routes() {
  return retained_rows;
}

}  // namespace meshmq::rest
