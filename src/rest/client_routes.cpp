// Clients, connected or not.

#include <algorithm>

#include "admin/formats.hpp"
#include "rest/client_filter.hpp"
#include "rest/office.hpp"
#include "rest/paging.hpp"

namespace meshmq::rest {

namespace {

std::string_view zone_name(const Office& office, std::size_t zone) {
  const auto& zones = office.settings().zones;
  return zone < zones.size() ? std::string_view(zones[zone]) : std::string_view();
}

Json or_undefined(const std::string& text) {
  return text.empty() ? Json("undefined") : Json(text);
}

/// EMQ X's members of a process (heap_size, reductions, mailbox_len) are 0.
Json row_of(const Office& office, const std::string& node, const broker::ClientInfo& c) {
  const auto [host, port] = split_peer(c.peername);
  Call::Members row = {{"node", node},
                       {"clientid", c.client_id},
                       {"username", or_undefined(c.username)},
                       {"ip_address", host},
                       {"port", port},
                       {"proto_name", protocol_name(c.version)},
                       {"proto_ver", protocol_level(c.version)},
                       {"connected", c.connected},
                       {"connected_at", admin::format_datetime(c.connected_at)},
                       {"created_at", admin::format_datetime(c.created_at)},
                       {"clean_start", c.clean_start},
                       {"keepalive", c.keepalive_s},
                       {"expiry_interval", c.session_expiry_interval_s},
                       {"zone", zone_name(office, c.zone)},
                       {"is_bridge", c.bridge},
                       {"mountpoint", or_undefined(c.mountpoint)},
                       {"subscriptions_cnt", c.subscriptions},
                       {"max_subscriptions", c.subscriptions_max},
                       {"inflight", c.inflight},
                       {"max_inflight", c.inflight_max},
                       {"awaiting_rel", c.awaiting_rel},
                       {"max_awaiting_rel", c.awaiting_rel_max},
                       {"mqueue_len", c.queued},
                       {"max_mqueue", c.queue_max},
                       {"mqueue_dropped", c.dropped_msgs},
                       {"heap_size", 0},
                       {"reductions", 0},
                       {"mailbox_len", 0}};
  if (c.disconnected_at != 0) row.emplace_back("disconnected_at", admin::format_datetime(c.disconnected_at));
  const auto traffic = admin::traffic_members(c);
  row.insert(row.end(), traffic.begin(), traffic.end());
  return Json::object(row);
}

Report rows_of(const Office& office, const std::string& node, const Question& question,
               const ClientFilter& filter, const std::vector<node::QueryReply>& replies) {
  std::vector<const broker::ClientInfo*> found;
  for (const node::QueryReply& reply : replies) {
    for (const broker::ClientInfo& client : reply.clients) {
      if (filter.fits(client)) found.push_back(&client);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto* a, const auto* b) { return a->client_id < b->client_id; });
  Report report{.total = found.size()};
  found.resize(rows_for(question, found.size()));
  for (const auto* client : found) report.rows.push_back(row_of(office, node, *client).text());
  return report;
}

void report_clients(Office& office, const Question& question, Now now, const ReportDone& done) {
  auto filter = ClientFilter::of(question.params, office.settings().zones);
  if (!filter) return done(Report::failure(Code::bad_parameter, filter.error().message));
  const auto only = question.params.find("clientid");
  office.desk().query(
      node::QueryKind::clients, only == question.params.end() ? std::string() : only->second, now,
      [&office, question, filter = std::move(*filter), done](const std::vector<node::QueryReply>& replies) {
        done(rows_of(office, office.desk().name, question, filter, replies));
      });
}

// ---------------------------------------------------------------- lists

Question clients_like(const Call& call) {
  return {"clients", call.params};
}

void list_clients(Office& office, const Call& call) {
  answer_page_of_all(office, call, clients_like(call), ClientFilter::any(call.params));
}
void list_clients_on_node(Office& office, const Call& call) {
  answer_page_of_node(office, call, clients_like(call), ClientFilter::any(call.params));
}
void list_sessions(Office& office, const Call& call) {
  Question question = clients_like(call);
  question.params["_lasting"] = "1";
  answer_page_of_all(office, call, std::move(question), ClientFilter::any(call.params));
}

/// `clientid` or `username` stand in the path.
void look_up_client(Office& office, const Call& call) {
  answer_rows_of_all(office, call, clients_like(call));
}
void look_up_client_on_node(Office& office, const Call& call) {
  answer_rows_of_node(office, call, clients_like(call));
}

// ---------------------------------------------------------------- one client

void kick(Office& office, const Call& call) {
  // Any node finds the one that has it.
  office.desk().query(node::QueryKind::kick, std::string(call.get("clientid")), call.now,
                      [call](const std::vector<node::QueryReply>& replies) {
                        const bool kicked = std::any_of(replies.begin(), replies.end(),
                                                        [](const auto& reply) { return reply.done; });
                        kicked ? call.ok() : call.fail(Code::not_online, "not_found");
                      });
}

/// Decisions are not cached here: every publish asks the rules themselves.
void show_acl_cache(Office& office, const Call& call) {
  office.ask_all(clients_like(call), call.now, [call](const Gathered& gathered) {
    const bool found = std::any_of(gathered.reports.begin(), gathered.reports.end(),
                                   [](const auto& answer) { return !answer.second.rows.empty(); });
    found ? call.ok(Json::array({}), gathered.notes()) : call.fail(Code::not_online, "not_found");
  });
}
void clean_acl_cache(Office&, const Call& call) {
  call.ok();
}

constexpr Parameter client_list_parameters[] = {
    page_parameters[0],
    page_parameters[1],
    {"clientid", "string", "Only this client id"},
    {"username", "string", "Only this user name"},
    {"zone", "string", "Only clients of this zone"},
    {"ip_address", "string", "Only from this address"},
    {"conn_state", "string", "connected or disconnected"},
    {"clean_start", "boolean", "true or false"},
    {"proto_name", "string", "MQTT or MQIsdp"},
    {"proto_ver", "integer", "3, 4 or 5"},
    {"_like_clientid", "string", "Regular expression that the client id must match somewhere"},
    {"_like_username", "string", "The same for the user name"},
    {"_gte_created_at", "integer", "Session made at this time or later, in seconds since 1970"},
    {"_lte_created_at", "integer", "The same, or earlier"},
    {"_gte_connected_at", "integer", "Connected at this time or later"},
    {"_lte_connected_at", "integer", "The same, or earlier"},
};

constexpr Route client_rows[] = {
    {.method = "GET",
     .path = "/clients",
     .name = "list_clients",
     .help = "The clients of the cluster, connected or with a session that waits for them",
     .run = list_clients,
     .data = "[Client]",
     .query = client_list_parameters,
     .meta = Meta::more},
    {.method = "GET",
     .path = "/nodes/:node/clients",
     .name = "list_node_clients",
     .help = "The same of one node",
     .run = list_clients_on_node,
     .data = "[Client]",
     .query = client_list_parameters,
     .meta = Meta::more},
    {.method = "GET",
     .path = "/sessions",
     .name = "list_sessions",
     .help = "Those whose session outlives the connection",
     .run = list_sessions,
     .data = "[Client]",
     .query = client_list_parameters,
     .meta = Meta::more},
    {.method = "GET",
     .path = "/clients/:clientid",
     .name = "lookup_client",
     .help = "One client; an empty list if there is none",
     .run = look_up_client,
     .data = "[Client]"},
    {.method = "GET",
     .path = "/nodes/:node/clients/:clientid",
     .name = "lookup_node_client",
     .help = "The same on one node",
     .run = look_up_client_on_node,
     .data = "[Client]"},
    {.method = "GET",
     .path = "/clients/username/:username",
     .name = "lookup_client_via_username",
     .help = "The clients of one user",
     .run = look_up_client,
     .data = "[Client]"},
    {.method = "GET",
     .path = "/nodes/:node/clients/username/:username",
     .name = "lookup_node_client_via_username",
     .help = "The same on one node",
     .run = look_up_client_on_node,
     .data = "[Client]"},
    {.method = "DELETE",
     .path = "/clients/:clientid",
     .name = "kickout_client",
     .help = "Disconnects a client and ends its session",
     .run = kick},
    {.method = "GET",
     .path = "/clients/:clientid/acl_cache",
     .name = "list_client_acl_cache",
     .help = "Always empty: decisions are not cached",
     .run = show_acl_cache,
     .data = "[any]"},
    {.method = "DELETE",
     .path = "/clients/:clientid/acl_cache",
     .name = "clean_client_acl_cache",
     .help = "Nothing to do: decisions are not cached",
     .run = clean_acl_cache},
    {.method = "DELETE",
     .path = "/acl-cache",
     .name = "clean_acl_cache_all",
     .help = "The same",
     .run = clean_acl_cache},
    {.method = "DELETE",
     .path = "/nodes/:node/acl-cache",
     .name = "clean_acl_cache_node",
     .help = "The same",
     .run = clean_acl_cache},
};

constexpr Reporter client_reports[] = {{"clients", report_clients}};

}  // namespace

std::span<const Route> client_routes() {
  return client_rows;
}

std::span<const Reporter> client_reporters() {
  return client_reports;
}

}  // namespace meshmq::rest
