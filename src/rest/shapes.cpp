// The objects that go in and out.

#include "rest/schema.hpp"

namespace meshmq::rest {

namespace {

constexpr Field administrator[] = {{"username", "string", ""}, {"tags", "string", "A remark"}};
constexpr Field application[] = {
    {"app_id", "string", ""},
    {"secret", "string", ""},
    {"name", "string", ""},
    {"desc", "string", ""},
    {"status", "boolean", "Whether it may ask"},
    {"expired", "integer|string", "Until when, in seconds since 1970; `undefined`: for ever"},
};
constexpr Field application_change[] = {
    {"name", "string", "", true},
    {"desc", "string", "", true},
    {"status", "boolean", "Whether it may ask", true},
    {"expired", "integer", "Until when, in seconds since 1970; 0: for ever", true},
};
constexpr Field new_application[] = {
    {"app_id", "string", ""},
    {"secret", "string", "Missing: one is made", true},
    {"name", "string", "", true},
    {"desc", "string", "", true},
    {"status", "boolean", "Whether it may ask", true},
    {"expired", "integer", "Until when, in seconds since 1970; 0: for ever", true},
};
constexpr Field new_administrator[] = {
    {"username", "string", ""}, {"password", "string", ""}, {"tags", "string", "A remark", true}};
constexpr Field administrator_change[] = {{"tags", "string", "A remark", true},
                                          {"password", "string", "The next one", true}};
constexpr Field ban[] = {
    {"as", "string", "clientid, username or peerhost"},
    {"who", "string", ""},
    {"by", "string", "Who did it"},
    {"reason", "string", ""},
    {"at", "integer", "Seconds since 1970"},
    {"until", "integer|string", "The same; `infinity`: for ever"},
};
constexpr Field new_ban[] = {
    {"as", "string", "clientid, username or peerhost"},
    {"who", "string", "A client id, user name or address"},
    {"by", "string", "Who does it", true},
    {"reason", "string", "", true},
    {"at", "integer", "Seconds since 1970; missing: now", true},
    {"until", "integer", "The same; 0: for ever; missing: in five minutes", true},
};
constexpr Field client_id[] = {{"clientid", "string", ""}};
constexpr Field new_client_id[] = {{"clientid", "string", ""}, {"password", "string", ""}};
constexpr Field audit_entry[] = {
    {"at", "integer", "Milliseconds since 1970"},
    {"node", "string", "Where it was done"},
    {"who", "string", "Application, administrator, or the Erlang node that asked"},
    {"from", "string", "Address, or `command line`"},
    {"action", "string", "The command, or method and path"},
    {"detail", "string", "Its words or body, without secrets"},
    {"result", "string", "`ok`, or why not"},
};
constexpr Field delivery_explanation[] = {
    {"steps", "[ExplainStep]", "In the order of the way"},
    {"verdict", "string", "Where it ends"},
};
constexpr Field explain_delivery[] = {
    {"clientid", "string", "Who is to get it"},
    {"topic", "string", "Of the message"},
    {"qos", "integer", "0, 1 or 2", true},
    {"node", "string", "Where it is published; otherwise on this node", true},
    {"publisher", "string", "Client id of who publishes: its rules are asked", true},
};
constexpr Field explain_step[] = {
    {"step", "string", "What was looked at: topic, access, route, session, subscription, queue..."},
    {"node", "string", "Where"},
    {"ok", "boolean", "false: the message ends here"},
    {"text", "string", "For people; names the configuration key that matters"},
};
constexpr Field new_trace[] = {
    {"name", "string", "Missing: one is made", true},
    {"type", "string", "clientid, topic or ip_address"},
    {"value", "string", "Client id, topic filter or address", true},
    {"clientid", "string", "The same, as EMQ X 4.4 has it", true},
    {"topic", "string", "The same", true},
    {"ip_address", "string", "The same", true},
    {"level", "string", "debug, or info: no messages, only what else happens", true},
    {"duration", "integer", "Seconds; missing: trace.duration", true},
};
constexpr Field slow_subscription[] = {
    {"clientid", "string", ""},
    {"topic", "string", ""},
    {"node", "string", "Where it is connected"},
    {"latency_ms", "integer", "Of its last slow delivery"},
    {"last_update", "integer", "Milliseconds since 1970"},
};
constexpr Field topic_metrics[] = {
    {"topic", "string", ""},
    {"create_time", "integer", "Since when it is counted, in milliseconds since 1970"},
    {"metrics", "any", "`messages.in.count`, `messages.in.rate` and so on: in, out, dropped, by QoS"},
};
constexpr Field topic_name[] = {{"topic", "string", "Without wildcards"}};
constexpr Field trace[] = {
    {"name", "string", ""},
    {"type", "string", "clientid, topic or ip_address"},
    {"value", "string", ""},
    {"level", "string", ""},
    {"status", "string", "waiting, running or stopped"},
    {"start_at", "integer", "Milliseconds since 1970"},
    {"end_at", "integer", "The same"},
    {"log_size", "counters", "Bytes that each node has written"},
};
constexpr Field trace_log[] = {
    {"node", "string", "Whose lines these are"},
    {"position", "integer", "Where the next call goes on"},
    {"items", "string", "Lines"},
};
constexpr Field username[] = {{"username", "string", ""}};
constexpr Field new_username[] = {{"username", "string", ""}, {"password", "string", ""}};
constexpr Field new_password[] = {{"password", "string", ""}};
constexpr Field password[] = {{"username", "string", ""}, {"password", "string", ""}};
constexpr Field password_change[] = {{"old_pwd", "string", ""}, {"new_pwd", "string", ""}};
constexpr Field secret[] = {{"secret", "string", "Of the new application"}};
constexpr Field token[] = {
    {"token", "string", "For `Authorization: Bearer`"},
    {"expires_in", "integer", "Seconds"},
    {"change_password", "boolean", "Nothing else is allowed before"},
};
constexpr Field config_entry[] = {
    {"key", "string", ""},
    {"value", "string", "As one writes it; empty: not set; `******`: a secret"},
    {"default", "string", ""},
    {"type", "string", "flag, boolean, integer, number, duration, size, percent, word, address, string"},
    {"unit", "string", "Units that it may be written with, `|` between them"},
    {"expects", "string", "What a value is, for people"},
    {"hot", "boolean", "Whether a change counts without a restart"},
    {"effect", "string", "When a change counts, for people"},
    {"scope", "string", "node, zone or listener"},
    {"group", "string", "mqtt, zone, cluster, ..."},
    {"help", "string", "What it is"},
    {"source", "string", "Where the value comes from; `default`"},
    {"pending", "string", "What it is after a restart, if that is something else", true},
};
constexpr Field config_change[] = {
    {"key", "string", "Empty: it is about the whole"},
    {"node", "string", ""},
    {"result", "string", "changed; restart: it counts after one; refused; later: the node is away"},
    {"message", "string", "For people"},
};
constexpr Field config_changes[] = {
    {"changes", "any", "An object: values by key; empty or null: as the other sources say"},
    {"cluster", "boolean", "Whether they hold on all nodes", true},
};
constexpr Field alarm[] = {
    {"name", "string", ""},
    {"message", "string", "For people"},
    {"details", "any", "An object"},
    {"activated", "boolean", "Whether it lasts"},
    {"activate_at", "integer", "Microseconds since 1970"},
    {"deactivate_at", "integer|string", "The same, or `infinity` while it lasts"},
};
constexpr Field alarm_name[] = {{"node", "string", "Whose alarm it is"}, {"name", "string", ""}};
constexpr Field broker[] = {
    {"node", "string", ""},
    {"node_status", "string", "Running"},
    {"version", "string", ""},
    {"sysdescr", "string", "MeshMQ Broker"},
    {"otp_release", "string", "none: there is no Erlang"},
    {"uptime", "string", "4 hours, 21 minutes, 19 seconds"},
    {"datetime", "string", "Local time of the node"},
};
constexpr Field client[] = {
    {"node", "string", "Where it is connected, or its session waits"},
    {"clientid", "string", ""},
    {"username", "string", "`undefined`: none"},
    {"ip_address", "string", ""},
    {"port", "integer", ""},
    {"proto_name", "string", "MQTT, or MQIsdp of version 3.1"},
    {"proto_ver", "integer", "3, 4 or 5"},
    {"connected", "boolean", ""},
    {"connected_at", "string", "Local time, `2021-07-28 16:15:39`"},
    {"disconnected_at", "string", "Missing while it is connected", true},
    {"created_at", "string", "When its session was made"},
    {"clean_start", "boolean", ""},
    {"keepalive", "integer", "Seconds"},
    {"expiry_interval", "integer", "Seconds that the session outlives the connection"},
    {"zone", "string", ""},
    {"is_bridge", "boolean", ""},
    {"mountpoint", "string", "`undefined`: none"},
    {"subscriptions_cnt", "integer", ""},
    {"max_subscriptions", "integer", "0: no limit"},
    {"inflight", "integer", "Messages sent and not acknowledged"},
    {"max_inflight", "integer", ""},
    {"awaiting_rel", "integer", "QoS 2 messages received whose PUBREL is missing"},
    {"max_awaiting_rel", "integer", "0: no limit"},
    {"mqueue_len", "integer", "Messages that wait"},
    {"max_mqueue", "integer", "0: no limit"},
    {"mqueue_dropped", "integer", "Messages lost because the queue was full"},
    {"recv_pkt", "integer", "MQTT packets that it has sent, since it connected"},
    {"recv_msg", "integer", "PUBLISH packets among them"},
    {"send_pkt", "integer", "MQTT packets that it was sent, since it connected"},
    {"send_msg", "integer", "PUBLISH packets among them"},
    {"recv_oct", "integer", "Bytes from its socket, since it connected; missing while it is away", true},
    {"recv_cnt", "integer", "Reads that they took", true},
    {"send_oct", "integer", "Bytes to its socket", true},
    {"send_cnt", "integer", "Writes that they took", true},
    {"heap_size", "integer", "0: a client is no process here"},
    {"reductions", "integer", "0"},
    {"mailbox_len", "integer", "0"},
};
constexpr Field cluster[] = {
    {"running_nodes", "[string]", ""},
    {"stopped_nodes", "[string]", ""},
    {"partitions", "[[string]]", "While the cluster is split: the different views of who runs", true},
    {"apart", "[string]", "Reachable, but kept apart by cluster.autoheal = off", true},
};
constexpr Field delayed_message[] = {
    {"id", "string", ""},
    {"topic", "string", ""},
    {"qos", "integer", ""},
    {"from_clientid", "string", "Who published it"},
    {"payload_size", "integer", "Bytes"},
    {"node", "string", "Which publishes it"},
    {"expected_at", "string", "When, in local time"},
};
constexpr Field found_node[] = {{"node", "string", ""}, {"standing", "string", "What was done with it"}};
constexpr Field discovery[] = {
    {"provider", "string", "manual, static, mcast, dns, etcd or k8s"},
    {"asked_at", "integer", "Milliseconds since 1970; 0: never"},
    {"answered_at", "integer", ""},
    {"error", "string", ""},
    {"acted_at", "integer", ""},
    {"action", "string", ""},
    {"found", "[FoundNode]", ""},
};
constexpr Field endpoint[] = {
    {"name", "string", ""}, {"method", "string", ""}, {"path", "string", ""}, {"descr", "string", ""}};
constexpr Field explanation[] = {
    {"routes", "[Route]", "Each of these nodes gets the message once"},
    {"groups", "[GroupRoute]", "One member of each gets it"},
    {"away", "[Route]", "Kept for them at QoS 1 and 2"},
    {"subscribers", "any", "Of each node: its subscriptions that match, or why they are not known"},
};
constexpr Field group_route[] = {
    {"group", "string", "`$share/<group>/<filter>`"},
    {"node", "string", ""},
    {"online", "integer", "Members connected there"},
    {"members", "integer", ""},
};
constexpr Field heal[] = {
    {"id", "integer|string", ""},
    {"split_view", "[[string]]", "Who saw whom"},
    {"coordinator", "string", ""},
    {"split_at", "integer", "Milliseconds since 1970"},
    {"met_at", "integer", ""},
    {"healed_at", "integer", ""},
    {"merged", "any", "Of each node: rows, shared_rows, sessions"},
};
constexpr Field healing[] = {{"nodes", "[string]", ""}};
constexpr Field health[] = {{"node", "string", ""}, {"status", "string", "ok or ready"}};
constexpr Field listener[] = {
    {"protocol", "string", "mqtt:tcp, http:dashboard, ..."},
    {"listen_on", "string", "Address and port; of HTTP the port alone"},
    {"identifier", "string", "Missing of HTTP", true},
    {"acceptors", "integer", ""},
    {"max_conns", "integer", ""},
    {"current_conns", "integer", ""},
    {"shutdown_count", "counters|[any]", "Ended connections by reason; an empty list: none"},
    {"running", "boolean", "False: it was stopped; missing: it runs", true},
};
constexpr Field node[] = {
    {"node", "string", ""},
    {"node_status", "string", "Running"},
    {"version", "string", ""},
    {"otp_release", "string", "none: there is no Erlang"},
    {"uptime", "string", ""},
    {"connections", "integer", ""},
    {"load1", "string", "Load average of the machine"},
    {"load5", "string", ""},
    {"load15", "string", ""},
    {"max_fds", "integer", ""},
    {"memory_total", "string|integer", "Of the machine; `118.27M` in lists, bytes of one node"},
    {"memory_used", "string|integer", "By the process"},
    {"process_available", "integer", "0: no limit"},
    {"process_used", "integer", "Threads"},
};
constexpr Field module_info[] = {
    {"name", "string", "As in EMQ X"},
    {"description", "string", ""},
    {"active", "boolean", ""},
};
constexpr Field node_alarms[] = {{"node", "string", ""}, {"alarms", "[Alarm]", ""}};
constexpr Field node_listeners[] = {{"node", "string", ""}, {"listeners", "[Listener]", ""}};
constexpr Field node_metrics[] = {{"node", "string", ""}, {"metrics", "counters", ""}};
constexpr Field node_modules[] = {{"node", "string", ""}, {"modules", "[Module]", ""}};
constexpr Field node_name[] = {{"node", "string", "`name@host`"}};
constexpr Field node_plugins[] = {{"node", "string", ""}, {"plugins", "[Module]", ""}};
constexpr Field node_stats[] = {{"node", "string", ""}, {"stats", "counters", ""}};
constexpr Field outcome[] = {
    {"code", "integer", "0: done"},
    {"topic", "string", "As it was given"},
    {"clientid", "string", "", true},
    {"message", "string", "Of a failure", true},
};
constexpr Field publish[] = {
    {"topic", "string", "This or topics", true},
    {"topics", "string", "Several, with commas", true},
    {"payload", "any", "Text; any other JSON is sent as it is written", true},
    {"encoding", "string", "plain or base64", true},
    {"qos", "integer", "0, 1 or 2", true},
    {"retain", "boolean", "", true},
    {"clientid", "string", "Who it is said to come from", true},
};
constexpr Field rate[] = {{"rate", "integer", "Clients per second; missing: the configuration's", true}};
constexpr Field shedding[] = {
    {"state", "string", "off, running or done"},
    {"begun_at", "integer", "Milliseconds since 1970", true},
    {"rate", "integer", "Clients per second", true},
    {"sent_away", "integer", "Clients so far", true},
    {"connections", "integer", "That are left", true},
    {"connections_at_start", "integer", "", true},
    {"sessions", "integer", "Of an evacuation: that are left", true},
    {"sessions_moved", "integer", "Of an evacuation: that others have taken over", true},
    {"loads", "counters", "Connections of the other nodes", true},
};
constexpr Field retained_message[] = {
    {"topic", "string", ""},
    {"qos", "integer", ""},
    {"from_clientid", "string", "Who published it"},
    {"payload_size", "integer", "Bytes"},
    {"publish_at", "string", "Local time"},
    {"payload", "string", "Base64", true},
};
constexpr Field route[] = {{"topic", "string", "A topic or filter"}, {"node", "string", ""}};
constexpr Field stopped_node[] = {
    {"name", "string", ""}, {"node", "string", ""}, {"node_status", "string", "Stopped"}};
constexpr Field subscribe[] = {
    {"clientid", "string", "Of a connected client"},
    {"topic", "string", "This or topics", true},
    {"topics", "string", "Several, with commas", true},
    {"qos", "integer", "0, 1 or 2", true},
};
constexpr Field subscription[] = {
    {"node", "string", ""},
    {"clientid", "string", ""},
    {"topic", "string", "The filter as subscribed, `$share/<group>/` included"},
    {"qos", "integer", ""},
};
constexpr Field unsubscribe[] = {
    {"clientid", "string", "Of a connected client"},
    {"topic", "string", "This or topics", true},
    {"topics", "string", "Several, with commas", true},
};
constexpr Field verification[] = {
    {"nodes", "[string]", "That were compared"},
    {"silent", "[string]", "Running, but without an answer"},
    {"differences", "[string]", "For people; what differs is fetched again"},
    {"busy", "[string]", "What changed from look to look, so that it could not be compared"},
    {"rows", "integer", ""},
    {"shared_rows", "integer", ""},
};

constexpr Field exported_file[] = {
    {"filename", "string", ""},
    {"size", "integer", "Bytes"},
    {"created_at", "string", ""},
    {"node", "string", "Whose file it is"},
};
constexpr Field exported_data[] = {{"filename", "string", ""}, {"file", "object", "What is in it"}};
constexpr Field file_name[] = {{"filename", "string", "An exported file of this node"}};
constexpr Field data_import[] = {
    {"imported", "counters", "Rows that were taken, by section"},
    {"notes", "[string]", "What was left out, and why"},
};

constexpr Shape table[] = {
    {"Administrator", "Somebody who may log in", administrator},
    {"AdministratorChange", "What is to be another", administrator_change},
    {"Alarm", "Something that an operator should know", alarm},
    {"AlarmName", "Which alarm", alarm_name},
    {"Application", "A program that may use the API", application},
    {"ApplicationChange", "What is to be another", application_change},
    {"AuditEntry", "What an operator has done", audit_entry},
    {"Ban", "Somebody who may not connect", ban},
    {"Broker", "What runs on a node", broker},
    {"Client", "A client, connected or with a session that waits for it", client},
    {"ClientId", "A client that has a password", client_id},
    {"Cluster", "Who belongs to the cluster", cluster},
    {"ConfigChange", "What became of a change", config_change},
    {"ConfigChanges", "Values that are to hold", config_changes},
    {"ConfigEntry", "A key and what holds", config_entry},
    {"DataImport", "What became of an import", data_import},
    {"DelayedMessage", "A message that waits for its time", delayed_message},
    {"DeliveryExplanation", "Why a client would get a message, or not", delivery_explanation},
    {"Discovery", "What discovery found", discovery},
    {"Endpoint", "One thing that can be asked", endpoint},
    {"ExplainDelivery", "A message that nobody has published", explain_delivery},
    {"ExplainStep", "One thing that was looked at", explain_step},
    {"Explanation", "How a message would travel", explanation},
    {"ExportedData", "What operators have entered, as a document", exported_data},
    {"ExportedFile", "A file that an export has written", exported_file},
    {"FileName", "Which file", file_name},
    {"FoundNode", "A node that discovery found", found_node},
    {"GroupRoute", "The share of a node in a shared group", group_route},
    {"Heal", "A split that was healed", heal},
    {"Healing", "Nodes that are brought together", healing},
    {"Health", "How a node is", health},
    {"Listener", "Where clients connect", listener},
    {"Module", "A part that EMQ X loads and unloads", module_info},
    {"NewAdministrator", "Somebody who is to log in", new_administrator},
    {"NewApplication", "A program that is to use the API", new_application},
    {"NewBan", "Somebody who is to be kept out", new_ban},
    {"NewClientId", "A client that is to have a password", new_client_id},
    {"NewPassword", "Another password", new_password},
    {"NewTrace", "What is to be traced", new_trace},
    {"NewUsername", "A user who is to have a password", new_username},
    {"Node", "A node that runs", node},
    {"NodeAlarms", "The alarms of a node", node_alarms},
    {"NodeListeners", "The listeners of a node", node_listeners},
    {"NodeMetrics", "The counters of a node", node_metrics},
    {"NodeModules", "The modules of a node", node_modules},
    {"NodeName", "A node by its name", node_name},
    {"NodePlugins", "The plugins of a node", node_plugins},
    {"NodeStats", "The sizes of a node", node_stats},
    {"Outcome", "What one item of a batch came to", outcome},
    {"Password", "Who logs in", password},
    {"PasswordChange", "The old password and the new one", password_change},
    {"Publish", "A message", publish},
    {"Rate", "How fast", rate},
    {"RetainedMessage", "A retained message", retained_message},
    {"Route", "A filter and a node that gets what matches it", route},
    {"Secret", "A secret", secret},
    {"Shedding", "Clients that are sent elsewhere", shedding},
    {"SlowSubscription", "A subscriber that gets messages late", slow_subscription},
    {"StoppedNode", "A member that does not run", stopped_node},
    {"Subscribe", "Filters for a client", subscribe},
    {"Subscription", "A client's filter", subscription},
    {"Token", "What a login gives", token},
    {"TopicMetrics", "What passed through a topic", topic_metrics},
    {"TopicName", "A topic", topic_name},
    {"Trace", "What happens to a client, a topic or an address, line by line", trace},
    {"TraceLog", "A part of what a node has written", trace_log},
    {"Unsubscribe", "Filters that a client is to lose", unsubscribe},
    {"Username", "A user who has a password", username},
    {"Verification", "Whether all nodes hold the same", verification},
};

}  // namespace

std::span<const Shape> shapes() {
  return table;
}

}  // namespace meshmq::rest
