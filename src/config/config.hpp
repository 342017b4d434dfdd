#pragma once
// The settings of one node, typed. What each means stands in the schema (schema.cpp) beside its key.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "node/config.hpp"

namespace meshmq::config {

/// A certificate of a TLS listener, with its key.
struct TlsCertificate {
  std::string name;      ///< of `sni.<name>`
  std::string hostname;  ///< empty: the names in the certificate
  std::string certfile;
  std::string keyfile;
  std::string key_password;
  std::string ocspfile;

  friend bool operator==(const TlsCertificate&, const TlsCertificate&) = default;
};

/// What TLS listeners have besides. Empty texts are not set.
struct Tls {
  TlsCertificate certificate;
  std::vector<TlsCertificate> sni;  ///< by name
  std::string cacertfile;
  std::string crlfile;
  std::string crl_check;  ///< peer, chain
  std::string dhfile;
  std::string psk_file;
  std::string psk_keys;  ///< hex, text
  std::string tls_versions;
  std::string ciphers;
  std::string psk_ciphers;
  std::string alpn;
  std::string verify;  ///< verify_peer, verify_none
  bool fail_if_no_peer_cert = false;
  int depth = 0;
  bool reuse_sessions = false;
  bool honor_cipher_order = false;
  std::string peer_cert_as_username;  ///< cn, dn, crt, pem, md5
  std::string peer_cert_as_clientid;

  friend bool operator==(const Tls&, const Tls&) = default;
};

/// What WebSocket listeners have besides.
struct WebSocket {
  std::string mqtt_path;
  std::string mqtt_piggyback;  ///< multiple, single
  std::size_t max_frame_size = 0;
  std::string supported_subprotocols;  ///< with commas
  bool fail_if_no_subprotocol = false;
  bool check_origin_enable = false;
  bool allow_origin_absence = false;
  std::string check_origins;  ///< with commas
  std::string proxy_address_header;
  std::string proxy_port_header;
  bool compress = false;
  std::string deflate_level;
  int deflate_mem_level = 0;
  std::string deflate_strategy;
  std::string server_context_takeover;  ///< takeover, no_takeover
  std::string client_context_takeover;
  int server_max_window_bits = 0;
  int client_max_window_bits = 0;

  friend bool operator==(const WebSocket&, const WebSocket&) = default;
};

/// One `access.<number>` of a listener.
struct AccessLine {
  std::string number;
  std::string rule;  ///< allow all, deny 10.0.0.0/8

  friend bool operator==(const AccessLine&, const AccessLine&) = default;
};

/// One `listener.<kind>.<name>`.
struct Listener {
  std::string kind;  ///< tcp, ssl, ws, wss, unix
  std::string name;  ///< the part of the key
  std::string host;
  std::uint16_t port = 0;  ///< 0: a free one
  int backlog = 0;
  bool nodelay = false;
  int send_buffer_bytes = 0;     ///< 0: the system's
  int receive_buffer_bytes = 0;  ///< 0: the system's
  std::size_t connections_max = 0;
  std::uint32_t accepts_per_s_max = 0;  ///< 0: no limit
  Duration send_timeout{};
  bool proxy_protocol = false;
  Duration proxy_protocol_timeout{};
  std::vector<AccessLine> access;  ///< in order
  std::string zone;
  std::uint16_t zone_index = 0;  ///< where it stands in Config::zone_names
  std::string mountpoint;        ///< empty: its zone's
  std::string unix_path;         ///< of unix
  unsigned unix_mode = 0;
  Duration handshake_timeout{};  ///< of ssl, ws and wss
  Tls tls;                       ///< of ssl and wss
  WebSocket ws;                  ///< of ws and wss

  /// Whether the client begins with a handshake of TLS.
  bool has_tls() const { return kind == "ssl" || kind == "wss"; }
  bool has_websocket() const { return kind == "ws" || kind == "wss"; }

  friend bool operator==(const Listener&, const Listener&) = default;
};

/// Links to other nodes.
struct Mesh {
  std::string cookie;
  std::string proto_dist;             ///< inet_tcp, inet6_tcp, inet_tls, inet6_tls
  std::string ssl_dist_optfile;       ///< of ..._tls
  std::uint16_t dist_listen_min = 0;  ///< 0: any free port
  std::uint16_t dist_listen_max = 0;
  Duration net_ticktime{};
  Duration net_setuptime{};
  bool epmd = true;
  std::uint16_t epmd_port = 4369;  ///< ERL_EPMD_PORT of the environment

  bool ipv6() const { return proto_dist.starts_with("inet6"); }
  /// What TLS reads; empty: no TLS.
  std::string tls_file() const { return proto_dist.ends_with("_tls") ? ssl_dist_optfile : std::string(); }
};

/// cluster.mcast.*
struct Multicast {
  std::string addr;
  std::string ports;  ///< with commas
  std::string iface;
  int ttl = 0;
  bool loop = true;
  std::size_t sndbuf = 0;
  std::size_t recbuf = 0;
};

/// cluster.dns.*
struct Dns {
  std::string name;
  std::string app;
  std::string type;  ///< a, aaaa, srv
  std::string server;
};

/// cluster.etcd.*
struct Etcd {
  std::string server;
  std::string version;  ///< auto, v2, v3
  bool lock = false;
  std::string prefix;
  Duration node_ttl{};
  std::string user;
  std::string password;
  std::string cacertfile;
  std::string certfile;
  std::string keyfile;
};

/// cluster.k8s.*
struct Kubernetes {
  std::string apiserver;  ///< URLs with commas
  std::string service_name;
  std::string ns;            ///< .namespace
  std::string address_type;  ///< ip, dns, hostname
  std::string app_name;
  std::string suffix;
  std::string token_file;
  std::string cacertfile;
};

/// What the providers of cluster.discovery need. Empty texts are not set.
struct Discovery {
  std::string cluster;  ///< cluster.name
  std::string seeds;    ///< with commas
  Multicast mcast;
  Dns dns;
  Etcd etcd;
  Kubernetes k8s;
};

/// Who may come in and do what, as far as it is not a zone's.
struct Access {
  std::string acl_file;  ///< empty: the default rules
};

/// module.*, as far as it is a list. Numbers are in order.
struct Modules {
  std::vector<std::string> publish_rules;    ///< module.rewrite.rule.*, .pub.rule.*
  std::vector<std::string> subscribe_rules;  ///< module.rewrite.rule.*, .sub.rule.*
  std::vector<std::pair<std::string, broker::AutoSubscription>> subscriptions;  ///< with their numbers
};

/// node.store_*
struct Store {
  std::string sync;  ///< on, interval, off
  Duration sync_interval{};
};

/// What a node tells of itself and watches: broker.sys_*, os_mon.*
struct Monitoring {
  Duration sys_interval{};
  Duration sys_heartbeat{};
  Duration cpu_check_interval{};
  unsigned cpu_high_watermark = 0;  ///< percent
  unsigned cpu_low_watermark = 0;
  Duration mem_check_interval{};
  unsigned sysmem_high_watermark = 0;
  unsigned procmem_high_watermark = 0;
  unsigned fd_high_watermark = 0;
  unsigned listener_high_watermark = 0;
};

/// dashboard.listener.http, .https, management.listener.http, .https
struct HttpListener {
  bool on = false;
  std::string host;
  std::uint16_t port = 0;  ///< 0: a free one
  std::size_t connections_max = 0;
  Tls tls{};  ///< of .https
};

/// management.*, dashboard.*, prometheus.*
struct Management {
  HttpListener dashboard;
  HttpListener dashboard_tls;
  HttpListener api;
  HttpListener api_tls;
  bool pages = true;            ///< dashboard.pages
  std::string pages_directory;  ///< dashboard.directory; empty: the package's
  std::string application_id;
  std::string application_secret;
  std::string default_user;
  std::string default_password;
  Duration token_lifetime{};
  std::size_t rows_max = 0;
  std::size_t body_bytes_max = 0;
  bool emqx_names = false;
  bool metrics_need_login = false;
};

/// statsd.*
struct Statsd {
  std::string host;
  std::uint16_t port = 0;  ///< 0: metrics are not pushed
  Duration interval{};
  std::string prefix;
  std::string tags;

  friend bool operator==(const Statsd&, const Statsd&) = default;
};

/// audit.*
struct AuditLog {
  bool on = true;
  std::string file;
  std::size_t entries_max = 0;
};

struct Log {
  std::string to;  ///< off, file, console, both
  LogLevel level = LogLevel::warning;
  std::optional<LogLevel> primary_level;
  bool json = false;
  std::string dir;  ///< relative to node.data_dir
  std::string file;
  bool rotation = true;
  std::size_t rotation_bytes = 0;
  unsigned rotation_count = 0;
  /// log.to comes from the environment or the command line, not from the file: `foreground` obeys it too.
  bool to_is_explicit = false;
};

struct Config {
  node::Config node;
  std::string data_dir;
  std::size_t mailbox_messages = 0;
  std::size_t mailbox_bytes = 0;
  Mesh mesh;
  Discovery discovery;
  Access access;
  Store store;
  Log log;
  Modules modules;
  Monitoring monitoring;
  Management management;
  Statsd statsd;
  AuditLog audit;
  std::size_t trace_bytes_max = 0;      ///< trace.max_file_size
  std::vector<Listener> listeners;      ///< by name
  std::vector<std::string> zone_names;  ///< as node.broker has them: zone 0 first
};

/// The cookie that everybody knows.
inline constexpr const char* default_cookie = "meshmqsecretcookie";
/// The password of the API that everybody knows.
inline constexpr const char* default_application_secret = "public";

}  // namespace meshmq::config
