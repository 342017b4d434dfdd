// Keys of the management API, its listeners, and of Prometheus.

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void set_management(Target& t, const Value& v) {
  assign(t.config.management.*Field, v);
}
template <auto Which>
void address(Target& t, const Value& v) {
  HttpListener& listener = t.config.management.*Which;
  listener.on = true;
  listener.host = v.text;
  listener.port = static_cast<std::uint16_t>(v.number);
}
template <auto Which>
void connections_max(Target& t, const Value& v) {
  assign((t.config.management.*Which).connections_max, v);
}

constexpr Range clients{1, 1'000'000};

constexpr Key management_table[] = {
    {"dashboard.listener.http", Type::address, "",
     "Where the management API, `/metrics` and `/status` are; 127.0.0.1:18083 if no listener at all is "
     "configured",
     address<&Management::dashboard>},
    {"dashboard.listener.http.max_clients", Type::integer, "512", "Connections at a time",
     connections_max<&Management::dashboard>, clients},
    {"management.listener.http", Type::address, "", "The same in another place; 8081 is EMQ X 4.3's",
     address<&Management::api>},
    {"management.listener.http.max_clients", Type::integer, "512", "Connections at a time",
     connections_max<&Management::api>, clients},
    {"management.default_application.id", Type::text, "admin",
     "Who may use the API: user name of HTTP's Basic authentication",
     set_management<&Management::application_id>},
    {"management.default_application.secret", Type::text, default_application_secret, "Its password",
     set_management<&Management::application_secret>},
    {"dashboard.default_user.login", Type::text, "admin",
     "Who may log in as long as nobody of this name has another password: POST /api/v4/auth",
     set_management<&Management::default_user>},
    {"dashboard.default_user.password", Type::text, "public",
     "His password; with `public` he can do nothing but choose another one",
     set_management<&Management::default_password>},
    {"dashboard.token_lifetime",
     Type::duration_s,
     "1h",
     "How long a login lasts",
     set_management<&Management::token_lifetime>,
     {1000, INT64_MAX}},
    {"management.max_row_limit",
     Type::integer,
     "10000",
     "Rows that a page of a list has at most",
     set_management<&Management::rows_max>,
     {1, 1'000'000}},
    {"management.max_body_size",
     Type::bytes,
     "1MB",
     "Largest body of a request",
     set_management<&Management::body_bytes_max>,
     {1024, 1 << 30}},
    {"prometheus.emqx_names", Type::flag, "off",
     "Whether /metrics has EMQ X's names, for dashboards made for them",
     set_management<&Management::emqx_names>},
    {"prometheus.auth", Type::flag, "off", "Whether /metrics wants the credentials of the API",
     set_management<&Management::metrics_need_login>},
};

}  // namespace

std::span<const Key> management_keys() {
  return management_table;
}

}  // namespace meshmq::config
