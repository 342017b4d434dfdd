// Subscriptions, and subscribing for clients.

#include <algorithm>
#include <charconv>
#include <memory>
#include <tuple>

#include "rest/office.hpp"
#include "rest/paging.hpp"
#include "topic/filter.hpp"
#include "topic/shared_filter.hpp"

namespace meshmq::rest {

namespace {

using Subscriptions = std::vector<broker::SubscriptionInfo>;

constexpr std::string_view subscription_conditions[] = {"clientid", "topic", "share", "qos", "_match_topic"};

bool filtered(const Params& params) {
  return std::any_of(std::begin(subscription_conditions), std::end(subscription_conditions),
                     [&](std::string_view name) { return params.contains(name); });
}

bool fits(const Params& params, const broker::SubscriptionInfo& s) {
  const auto differs = [&params](std::string_view name, std::string_view value) {
    const auto wanted = params.find(name);
    return wanted != params.end() && wanted->second != value;
  };
  if (differs("clientid", s.client_id) || differs("qos", std::to_string(static_cast<int>(s.qos))))
    return false;
  const auto shared = topic::parse_shared(s.filter);
  const std::string_view filter = shared ? shared->filter : std::string_view(s.filter);
  if (const auto wanted = params.find("topic");
      wanted != params.end() && wanted->second != filter && wanted->second != s.filter)
    return false;
  if (params.contains("share") && (!shared || differs("share", shared->group))) return false;
  const auto match = params.find("_match_topic");
  if (match == params.end()) return true;
  return topic::has_wildcard(match->second) ? topic::matches(match->second, filter)
                                            : topic::matches(filter, match->second);
}

Json row_of(const std::string& node, const broker::SubscriptionInfo& s) {
  return Json::object(
      {{"node", node}, {"clientid", s.client_id}, {"topic", s.filter}, {"qos", static_cast<int>(s.qos)}});
}

void report_subscriptions(Office& office, const Question& question, Now now, const ReportDone& done) {
  const auto match = question.params.find("_match_topic");
  if (match != question.params.end() && !topic::is_valid_filter(match->second))
    return done(Report::failure(Code::bad_parameter, "_match_topic is neither a topic name nor a filter"));
  office.desk().query(node::QueryKind::subscriptions, {}, now,
                      [&office, question, done](const std::vector<node::QueryReply>& replies) {
                        Subscriptions found;
                        for (const node::QueryReply& reply : replies) {
                          std::copy_if(reply.subscriptions.begin(), reply.subscriptions.end(),
                                       std::back_inserter(found),
                                       [&](const auto& s) { return fits(question.params, s); });
                        }
                        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
                          return std::tie(a.client_id, a.filter) < std::tie(b.client_id, b.filter);
                        });
                        Report report{.total = found.size()};
                        found.resize(rows_for(question, found.size()));
                        for (const auto& s : found)
                          report.rows.push_back(row_of(office.desk().name, s).text());
                        done(std::move(report));
                      });
}

/// For a client that is connected here. `subscribe` and `unsubscribe`: one value if it was.
void report_change(Office& office, const Question& question, Now now, const ReportDone& done) {
  const auto param = [&question](std::string_view name) {
    const auto found = question.params.find(name);
    return found == question.params.end() ? std::string() : found->second;
  };
  node::Query query;
  query.kind = question.name == "subscribe" ? node::QueryKind::subscribe : node::QueryKind::unsubscribe;
  query.client_id = param("clientid");
  query.filter = param("topic");
  const std::string qos = param("qos");
  query.qos = qos == "2"   ? mqtt::QoS::exactly_once
              : qos == "1" ? mqtt::QoS::at_least_once
                           : mqtt::QoS::at_most_once;
  office.desk().ask_workers(std::move(query), now, [done](const std::vector<node::QueryReply>& replies) {
    const auto found =
        std::find_if(replies.begin(), replies.end(), [](const auto& reply) { return reply.done; });
    if (found == replies.end()) return done(Report{});
    const bool gone = found->reason == mqtt::ReasonCode::no_subscription_existed;
    if (mqtt::is_error(found->reason) && !gone)
      return done(Report::failure(Code::bad_topic, std::string(to_string(found->reason))));
    done(Report::one(Json("ok")));
  });
}

void list_subscriptions(Office& office, const Call& call) {
  answer_page_of_all(office, call, {"subscriptions", call.params}, filtered(call.params));
}
void list_subscriptions_on_node(Office& office, const Call& call) {
  answer_page_of_node(office, call, {"subscriptions", call.params}, filtered(call.params));
}
void look_up_subscription(Office& office, const Call& call) {
  answer_rows_of_all(office, call, {"subscriptions", call.params});
}
void look_up_subscription_on_node(Office& office, const Call& call) {
  answer_rows_of_node(office, call, {"subscriptions", call.params});
}

constexpr Parameter subscription_list_parameters[] = {
    page_parameters[0],
    page_parameters[1],
    {"clientid", "string", "Only of this client"},
    {"topic", "string", "Only this filter"},
    {"share", "string", "Only of this shared group"},
    {"qos", "integer", "Only of this QoS"},
    {"_match_topic", "string", "Only filters that match this topic, or that this filter covers"},
};

constexpr Route subscription_rows[] = {
    {.method = "GET",
     .path = "/subscriptions",
     .name = "list_subscriptions",
     .help = "The subscriptions of the cluster",
     .run = list_subscriptions,
     .data = "[Subscription]",
     .query = subscription_list_parameters,
     .meta = Meta::more},
    {.method = "GET",
     .path = "/nodes/:node/subscriptions",
     .name = "list_node_subscriptions",
     .help = "The same of one node",
     .run = list_subscriptions_on_node,
     .data = "[Subscription]",
     .query = subscription_list_parameters,
     .meta = Meta::more},
    {.method = "GET",
     .path = "/subscriptions/:clientid",
     .name = "lookup_client_subscriptions",
     .help = "The subscriptions of one client",
     .run = look_up_subscription,
     .data = "[Subscription]"},
    {.method = "GET",
     .path = "/nodes/:node/subscriptions/:clientid",
     .name = "lookup_client_subscriptions_with_node",
     .help = "The same on one node",
     .run = look_up_subscription_on_node,
     .data = "[Subscription]"},
};

constexpr Reporter subscription_reports[] = {
    {"subscriptions", report_subscriptions}, {"subscribe", report_change}, {"unsubscribe", report_change}};

}  // namespace

std::span<const Route> subscription_routes() {
  return subscription_rows;
}

std::span<const Reporter> subscription_reporters() {
  return subscription_reports;
}

}  // namespace meshmq::rest
