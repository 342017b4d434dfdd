#include "server/listener_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "front/access_rules.hpp"
#include "net/proxy_stage.hpp"
#include "net/stage_pair.hpp"
#include "net/ws_stage.hpp"

namespace meshmq::server {

namespace {

std::string setting_of(const config::Listener& listener) {
  return fmt::format("listener.{}.{}", listener.kind, listener.name);
}

net::TlsCertificate certificate_of(const config::TlsCertificate& from, std::string setting) {
  return {.setting = std::move(setting),
          .hostname = from.hostname,
          .certfile = from.certfile,
          .keyfile = from.keyfile,
          .key_password = from.key_password,
          .ocspfile = from.ocspfile};
}

net::PeerCertAs peer_cert_as(std::string_view word) {
  constexpr std::pair<std::string_view, net::PeerCertAs> words[] = {{"cn", net::PeerCertAs::cn},
                                                                    {"dn", net::PeerCertAs::dn},
                                                                    {"crt", net::PeerCertAs::crt},
                                                                    {"pem", net::PeerCertAs::pem},
                                                                    {"md5", net::PeerCertAs::md5}};
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  return net::PeerCertAs::nothing;
}

}  // namespace

net::TlsOptions tls_options(const config::Tls& from, std::string setting) {
  net::TlsOptions to;
  to.setting = std::move(setting);
  to.certificate = certificate_of(from.certificate, to.setting);
  for (const config::TlsCertificate& one : from.sni)
    to.sni.push_back(certificate_of(one, to.setting + ".sni." + one.name));
  to.cacertfile = from.cacertfile;
  to.crlfile = from.crlfile;
  to.crl_check_chain = from.crl_check == "chain";
  to.dhfile = from.dhfile;
  to.psk_file = from.psk_file;
  to.psk_keys_are_text = from.psk_keys == "text";
  to.tls_versions = from.tls_versions;
  to.ciphers = from.ciphers;
  to.psk_ciphers = from.psk_ciphers;
  to.alpn = from.alpn;
  to.verify_peer = from.verify == "verify_peer";
  to.fail_if_no_peer_cert = from.fail_if_no_peer_cert;
  to.depth = from.depth;
  to.reuse_sessions = from.reuse_sessions;
  to.honor_cipher_order = from.honor_cipher_order;
  to.peer_cert_as_username = peer_cert_as(from.peer_cert_as_username);
  to.peer_cert_as_clientid = peer_cert_as(from.peer_cert_as_clientid);
  return to;
}

namespace {

// ---------------------------------------------------------------- WebSocket

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    word = word.substr(0, word.find_last_not_of(' ') + 1);
    if (!word.empty()) result.emplace_back(word);
  }
  return result;
}

/// zlib's numbers.
int deflate_number(std::string_view word) {
  constexpr std::pair<std::string_view, int> words[] = {
      {"none", 0},     {"best_speed", 1},   {"best_compression", 9},
      {"filtered", 1}, {"huffman_only", 2}, {"rle", 3}};
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  return 0;
}

front::DeflateParams deflate_params(const config::WebSocket& from) {
  constexpr std::string_view takeover = "takeover";
  return {.server_takeover = from.server_context_takeover == takeover,
          .client_takeover = from.client_context_takeover == takeover,
          .server_window_bits = from.server_max_window_bits,
          .client_window_bits = from.client_max_window_bits,
          .level = from.deflate_level == "default" ? -1 : deflate_number(from.deflate_level),
          .mem_level = from.deflate_mem_level,
          .strategy = deflate_number(from.deflate_strategy)};
}

net::WsOptions ws_options(const config::WebSocket& from) {
  net::WsOptions to;
  to.upgrade = {.mqtt_path = from.mqtt_path,
                .supported_subprotocols = split_list(from.supported_subprotocols),
                .fail_if_no_subprotocol = from.fail_if_no_subprotocol,
                .check_origin_enable = from.check_origin_enable,
                .allow_origin_absence = from.allow_origin_absence,
                .check_origins = split_list(from.check_origins),
                .proxy_address_header = from.proxy_address_header,
                .proxy_port_header = from.proxy_port_header};
  if (from.compress) to.upgrade.compress = deflate_params(from);
  to.max_frame_size = from.max_frame_size;
  to.piggyback_multiple = from.mqtt_piggyback == "multiple";
  return to;
}

// ---------------------------------------------------------------- stages

/// `lower` stands next to the socket; either may be missing.
net::StageFactory stack(net::StageFactory lower, net::StageFactory upper) {
  if (!lower) return upper;
  if (!upper) return lower;
  return [lower = std::move(lower), upper = std::move(upper)]() -> std::unique_ptr<net::Stage> {
    return std::make_unique<net::StagePair>(lower(), upper());
  };
}

net::StageFactory websocket(const config::Listener& listener) {
  if (!listener.has_websocket()) return nullptr;
  auto options = std::make_shared<const net::WsOptions>(ws_options(listener.ws));
  return [options] { return std::make_unique<net::WsStage>(options); };
}

net::StageFactory proxy(const config::Listener& listener) {
  if (!listener.proxy_protocol) return nullptr;
  // With TLS it is the certificate that counts.
  const net::ProxyStage::CnAs cn_as{
      .username = !listener.has_tls() && !listener.tls.peer_cert_as_username.empty(),
      .clientid = !listener.has_tls() && !listener.tls.peer_cert_as_clientid.empty()};
  return [cn_as] { return std::make_unique<net::ProxyStage>(cn_as); };
}

/// One limit for all that comes before CONNECT.
Duration handshake_timeout(const config::Listener& listener) {
  const bool shakes_hands = listener.has_tls() || listener.has_websocket();
  return (listener.proxy_protocol ? listener.proxy_protocol_timeout : Duration(0)) +
         (shakes_hands ? listener.handshake_timeout : Duration(0));
}

net::ListenerOptions plain_options(const config::Listener& listener) {
  net::ListenerOptions options{.name = listener_id(listener),
                               .address = listener.host,
                               .port = listener.port,
                               .unix_path = listener.unix_path,
                               .unix_mode = listener.unix_mode,
                               .ipv6_only = false,
                               .backlog = listener.backlog,
                               .nodelay = listener.nodelay,
                               .send_buffer_bytes = listener.send_buffer_bytes,
                               .receive_buffer_bytes = listener.receive_buffer_bytes,
                               .connections_max = listener.connections_max,
                               .accepts_per_s_max = listener.accepts_per_s_max,
                               .send_timeout = listener.send_timeout,
                               .zone = listener.zone_index,
                               .handshake_timeout = handshake_timeout(listener)};
  for (const config::AccessLine& line : listener.access) {
    // Each has been checked when the configuration was read.
    if (auto rule = front::AccessRule::parse(line.rule)) options.access.add(*std::move(rule));
  }
  return options;
}

}  // namespace

std::string listener_id(const config::Listener& listener) {
  return fmt::format("mqtt:{}:{}", listener.kind, listener.name);
}

Result<ListenerSetup> prepare_listener(const config::Listener& listener, std::vector<std::string>& warnings) {
  ListenerSetup setup{.options = plain_options(listener), .tls = nullptr};
  net::StageFactory tls;
  if (listener.has_tls()) {
    auto opened = net::TlsListener::open(tls_options(listener.tls, setting_of(listener)), warnings);
    if (!opened) return tl::unexpected(opened.error());
    setup.tls = std::move(*opened);
    tls = setup.tls->factory();
  }
  setup.options.make_stage = stack(proxy(listener), stack(std::move(tls), websocket(listener)));
  return setup;
}

}  // namespace meshmq::server
