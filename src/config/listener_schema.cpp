// The keys of listeners.

#include <algorithm>

#include "config/assign.hpp"
#include "config/schema.hpp"

namespace meshmq::config {

namespace {

template <auto Field>
void listener(Target& t, const Value& v) {
  assign(t.listener->*Field, v);
}
template <auto Field>
void tls(Target& t, const Value& v) {
  assign(t.listener->tls.*Field, v);
}
/// `sni.<name>`, or else the listener's own.
template <auto Field>
void certificate(Target& t, const Value& v) {
  assign((t.certificate == nullptr ? t.listener->tls.certificate : *t.certificate).*Field, v);
}

void listener_address(Target& t, const Value& v) {
  t.listener->host = v.text;
  t.listener->port = static_cast<std::uint16_t>(v.number);
}
void access_rule(Target& t, const Value& v) {
  t.access->rule = v.text;
}
/// One limit for all: the largest that any listener asks for.
void high_watermark(Target& t, const Value& v) {
  std::size_t& limit = t.config.node.broker.output_bytes_max;
  limit = std::max(limit, static_cast<std::size_t>(v.number));
}
void ignore(Target&, const Value&) {}

using L = Listener;
using C = TlsCertificate;
constexpr Range listener_counter{0, UINT32_MAX};
constexpr Range listener_positive_ms{1, INT64_MAX};
constexpr std::string_view peer_cert_words = "cn dn crt pem md5";

constexpr Key listener_table[] = {
    // ---- any kind
    {"listener.{tcp,ssl,ws,wss}.*", Type::address, "", "Where clients connect; the name is free",
     listener_address},
    {"listener.unix.*", Type::text, "", "Path of a Unix domain socket for clients of this machine",
     listener<&L::unix_path>},
    {"listener.unix.*.mode", Type::mode, "0660", "Permissions of its file, as chmod has them",
     listener<&L::unix_mode>},
    {"listener.{tcp,ssl,ws,wss,unix}.*.zone", Type::text, "external",
     "Zone of its clients: the limits of zone.<this name>.*", listener<&L::zone>},
    {"listener.{tcp,ssl,ws,wss,unix}.*.mountpoint", Type::mountpoint, "",
     "As zone.*.mountpoint, for the clients of this listener", listener<&L::mountpoint>},
    {"listener.tcp.*.max_connections", Type::integer, "1024000", "Connections at a time",
     listener<&L::connections_max>, listener_counter},
    {"listener.{ssl,ws,wss,unix}.*.max_connections", Type::integer, "102400", "Connections at a time",
     listener<&L::connections_max>, listener_counter},
    {"listener.{tcp,ws,wss,unix}.*.max_conn_rate", Type::integer, "1000",
     "Connections accepted per second; 0: no limit", listener<&L::accepts_per_s_max>, listener_counter},
    {"listener.ssl.*.max_conn_rate", Type::integer, "500", "Connections accepted per second; 0: no limit",
     listener<&L::accepts_per_s_max>, listener_counter},
    {"listener.{tcp,ssl,ws,wss,unix}.*.backlog",
     Type::integer,
     "1024",
     "Connections waiting to be accepted",
     listener<&L::backlog>,
     {1, 65535}},
    {"listener.{tcp,ssl,ws,wss}.*.nodelay", Type::boolean, "true", "TCP_NODELAY", listener<&L::nodelay>},
    {"listener.{tcp,ssl,ws,wss,unix}.*.sndbuf",
     Type::bytes,
     "",
     "Send buffer of the system for one connection",
     listener<&L::send_buffer_bytes>,
     {1024, INT32_MAX}},
    {"listener.{tcp,ssl,ws,wss,unix}.*.recbuf",
     Type::bytes,
     "",
     "Receive buffer of the system for one connection",
     listener<&L::receive_buffer_bytes>,
     {1024, INT32_MAX}},
    {"listener.{tcp,ssl,ws,wss,unix}.*.send_timeout", Type::duration_ms, "15s",
     "A client that takes nothing for so long is closed", listener<&L::send_timeout>, listener_positive_ms},
    {"listener.{tcp,ssl,ws,wss,unix}.*.high_watermark",
     Type::bytes,
     "1MB",
     "Bytes waiting for a slow client before its messages queue in the session; the largest of all listeners "
     "counts",
     high_watermark,
     {4096, INT64_MAX}},
    {"listener.{tcp,ssl,ws,wss}.*.access.*", Type::access_rule, "",
     "Who may connect: `allow` or `deny` with `all`, an address or a network such as 10.0.0.0/8; the first "
     "that "
     "fits decides, by number",
     access_rule},
    {"listener.{tcp,ssl,ws,wss}.*.proxy_protocol", Type::flag, "off",
     "Whether every connection begins with a header of the PROXY protocol (version 1 or 2), which tells who "
     "the "
     "client is",
     listener<&L::proxy_protocol>},
    {"listener.{tcp,ssl,ws,wss}.*.proxy_protocol_timeout", Type::duration_ms, "3s", "Time for that header",
     listener<&L::proxy_protocol_timeout>, listener_positive_ms},
    {"listener.{tcp,ws}.*.peer_cert_as_username",
     Type::word,
     "",
     "With proxy_protocol: the common name of the certificate that the client gave to the proxy becomes its "
     "user "
     "name",
     tls<&Tls::peer_cert_as_username>,
     {},
     "cn"},
    {"listener.{tcp,ws}.*.peer_cert_as_clientid",
     Type::word,
     "",
     "The same, its client id",
     tls<&Tls::peer_cert_as_clientid>,
     {},
     "cn"},

    // ---- TLS, see docs/tls.md
    {"listener.{ssl,wss}.*.certfile", Type::text, "",
     "PEM file: the listener's certificate, then the intermediate ones", certificate<&C::certfile>},
    {"listener.{ssl,wss}.*.keyfile", Type::text, "", "PEM file: the private key of that certificate",
     certificate<&C::keyfile>},
    {"listener.{ssl,wss}.*.key_password", Type::text, "", "Password of the key file, if it is encrypted",
     certificate<&C::key_password>},
    {"listener.{ssl,wss}.*.ocspfile", Type::text, "",
     "DER file: an OCSP response for the certificate, given to clients that ask", certificate<&C::ocspfile>},
    {"listener.{ssl,wss}.*.sni.*.hostname", Type::text, "",
     "Host name for which clients get another certificate, `*.example.org` too; by default the names in that "
     "certificate",
     certificate<&C::hostname>},
    {"listener.{ssl,wss}.*.sni.*.certfile", Type::text, "", "As certfile, for that host name",
     certificate<&C::certfile>},
    {"listener.{ssl,wss}.*.sni.*.keyfile", Type::text, "", "As keyfile", certificate<&C::keyfile>},
    {"listener.{ssl,wss}.*.sni.*.key_password", Type::text, "", "As key_password",
     certificate<&C::key_password>},
    {"listener.{ssl,wss}.*.sni.*.ocspfile", Type::text, "", "As ocspfile", certificate<&C::ocspfile>},
    {"listener.{ssl,wss}.*.cacertfile", Type::text, "",
     "PEM file: the authorities whose client certificates are trusted", tls<&Tls::cacertfile>},
    {"listener.{ssl,wss}.*.verify",
     Type::word,
     "verify_none",
     "Whether clients are asked for a certificate",
     tls<&Tls::verify>,
     {},
     "verify_peer verify_none"},
    {"listener.{ssl,wss}.*.fail_if_no_peer_cert", Type::boolean, "false",
     "Whether clients without certificate are refused; with verify_peer", tls<&Tls::fail_if_no_peer_cert>},
    {"listener.{ssl,wss}.*.depth",
     Type::integer,
     "10",
     "Most intermediate certificates between a client's and its authority's",
     tls<&Tls::depth>,
     {0, 100}},
    {"listener.{ssl,wss}.*.crlfile", Type::text, "",
     "PEM file: revocation lists; clients named there are refused", tls<&Tls::crlfile>},
    {"listener.{ssl,wss}.*.crl_check",
     Type::word,
     "peer",
     "With crlfile: whether only the client's authority must have a list there, or every one of the chain",
     tls<&Tls::crl_check>,
     {},
     "peer chain"},
    {"listener.{ssl,wss}.*.peer_cert_as_username",
     Type::word,
     "",
     "Part of the client's certificate that becomes its user name",
     tls<&Tls::peer_cert_as_username>,
     {},
     peer_cert_words},
    {"listener.{ssl,wss}.*.peer_cert_as_clientid",
     Type::word,
     "",
     "Part of the client's certificate that becomes its client id",
     tls<&Tls::peer_cert_as_clientid>,
     {},
     peer_cert_words},
    {"listener.{ssl,wss}.*.psk_file", Type::text, "",
     "File of pre-shared keys, lines `identity:key`; no certificate is needed then", tls<&Tls::psk_file>},
    {"listener.{ssl,wss}.*.psk_keys",
     Type::word,
     "hex",
     "How the keys stand there; text: the bytes as they are, as in EMQ X 4.3's psk.txt",
     tls<&Tls::psk_keys>,
     {},
     "hex text"},
    {"listener.{ssl,wss}.*.tls_versions", Type::text, "tlsv1.3,tlsv1.2",
     "Versions that are spoken; tlsv1.1 and tlsv1 are broken and only for devices that know nothing else",
     tls<&Tls::tls_versions>},
    {"listener.{ssl,wss}.*.ciphers", Type::text, "",
     "Ciphers in OpenSSL's names, the preferred one first; by default OpenSSL's choice", tls<&Tls::ciphers>},
    {"listener.{ssl,wss}.*.psk_ciphers", Type::text, "",
     "The same, for a listener with psk_file; instead of ciphers", tls<&Tls::psk_ciphers>},
    {"listener.{ssl,wss}.*.honor_cipher_order", Type::flag, "on",
     "Whether the listener's order of ciphers counts, not the client's", tls<&Tls::honor_cipher_order>},
    {"listener.{ssl,wss}.*.dhfile", Type::text, "",
     "PEM file: Diffie-Hellman parameters; by default those that fit the certificate", tls<&Tls::dhfile>},
    {"listener.ssl.*.alpn", Type::text, "mqtt",
     "Protocols for clients that ask for one (ALPN); those that ask only for others are refused",
     tls<&Tls::alpn>},
    {"listener.wss.*.alpn", Type::text, "http/1.1", "The same; browsers ask for http/1.1", tls<&Tls::alpn>},
    {"listener.{ssl,wss}.*.reuse_sessions", Type::flag, "on",
     "Whether clients can resume a session with a short handshake", tls<&Tls::reuse_sessions>},
    {"listener.{ssl,wss}.*.secure_renegotiate", Type::flag, "on",
     "No effect: nobody may renegotiate, securely or not", ignore},
    {"listener.{ssl,ws,wss}.*.handshake_timeout", Type::duration_ms, "15s",
     "Time from connection to the end of the handshake, TLS and WebSocket", listener<&L::handshake_timeout>,
     listener_positive_ms},
};

}  // namespace

std::span<const Key> listener_keys() {
  return listener_table;
}

}  // namespace meshmq::config
