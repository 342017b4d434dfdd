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

void https_address(Target& t, const Value& v) {
  t.https->on = true;
  t.https->host = v.text;
  t.https->port = static_cast<std::uint16_t>(v.number);
}
void https_connections_max(Target& t, const Value& v) {
  assign(t.https->connections_max, v);
}
template <auto Field>
void set_https_tls(Target& t, const Value& v) {
  assign(t.https->tls.*Field, v);
}
template <auto Field>
void set_https_certificate(Target& t, const Value& v) {
  assign(t.https->tls.certificate.*Field, v);
}
void ignore_https(Target&, const Value&) {}

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
    {"{dashboard,management}.listener.https", Type::address, "",
     "The same with TLS; EMQ X 4.3's are 18084 and 8081", https_address},
    {"{dashboard,management}.listener.https.max_clients", Type::integer, "512", "Connections at a time",
     https_connections_max, clients},
    {"{dashboard,management}.listener.https.certfile", Type::text, "",
     "PEM file: the listener's certificate, then the intermediate ones",
     set_https_certificate<&TlsCertificate::certfile>},
    {"{dashboard,management}.listener.https.keyfile", Type::text, "",
     "PEM file: the private key of that certificate", set_https_certificate<&TlsCertificate::keyfile>},
    {"{dashboard,management}.listener.https.key_password", Type::text, "",
     "Password of the key file, if it is encrypted", set_https_certificate<&TlsCertificate::key_password>},
    {"{dashboard,management}.listener.https.cacertfile", Type::text, "",
     "PEM file: the authorities whose client certificates are trusted", set_https_tls<&Tls::cacertfile>},
    {"{dashboard,management}.listener.https.verify",
     Type::word,
     "verify_none",
     "Whether browsers are asked for a certificate",
     set_https_tls<&Tls::verify>,
     {},
     "verify_peer verify_none"},
    {"{dashboard,management}.listener.https.fail_if_no_peer_cert", Type::boolean, "false",
     "Whether those without certificate are refused; with verify_peer",
     set_https_tls<&Tls::fail_if_no_peer_cert>},
    {"{dashboard,management}.listener.https.depth",
     Type::integer,
     "10",
     "Most intermediate certificates between a browser's and its authority's",
     set_https_tls<&Tls::depth>,
     {0, 100}},
    {"{dashboard,management}.listener.https.tls_versions", Type::text, "tlsv1.3,tlsv1.2",
     "Versions that are spoken", set_https_tls<&Tls::tls_versions>},
    {"{dashboard,management}.listener.https.ciphers", Type::text, "",
     "Ciphers in OpenSSL's names, the preferred one first; by default OpenSSL's choice",
     set_https_tls<&Tls::ciphers>},
    {"{dashboard,management}.listener.https.honor_cipher_order", Type::flag, "on",
     "Whether the listener's order of ciphers counts, not the browser's",
     set_https_tls<&Tls::honor_cipher_order>},
    {"{dashboard,management}.listener.https.dhfile", Type::text, "",
     "PEM file: Diffie-Hellman parameters; by default those that fit the certificate",
     set_https_tls<&Tls::dhfile>},
    {"{dashboard,management}.listener.https.reuse_sessions", Type::flag, "on",
     "Whether browsers can resume a session with a short handshake", set_https_tls<&Tls::reuse_sessions>},
    {"{dashboard,management}.listener.https.secure_renegotiate", Type::flag, "on",
     "No effect: nobody may renegotiate, securely or not", ignore_https},
    {"dashboard.pages", Type::flag, "on",
     "Whether the dashboard's listeners serve its pages; off: the API, `/metrics` and `/status` alone",
     set_management<&Management::pages>},
    {"dashboard.directory", Type::text, "",
     "Where the files of those pages are; by default share/meshmq/dashboard beside the program's bin",
     set_management<&Management::pages_directory>},
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

HttpListener* https_listener_of(Management& management, std::string_view key) {
  if (key.starts_with("dashboard.listener.https")) return &management.dashboard_tls;
  if (key.starts_with("management.listener.https")) return &management.api_tls;
  return nullptr;
}

std::span<const Key> management_keys() {
  return management_table;
}

}  // namespace meshmq::config
