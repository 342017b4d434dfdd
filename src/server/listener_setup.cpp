#include "server/listener_setup.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

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

net::TlsOptions tls_options(const config::Listener& listener) {
  const config::Tls& from = listener.tls;
  net::TlsOptions to;
  to.setting = setting_of(listener);
  to.certificate = certificate_of(from.certificate, to.setting);
  for (const config::TlsCertificate& one : from.sni)
    to.sni.push_back(certificate_of(one, to.setting + ".sni." + one.name));
  to.cacertfile = from.cacertfile;
  to.crlfile = from.crlfile;
  to.crl_check_chain = from.crl_check == "chain";
  to.dhfile = from.dhfile;
  to.psk_file = from.psk_file;
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

}  // namespace

std::string listener_id(const config::Listener& listener) {
  return fmt::format("mqtt:{}:{}", listener.kind, listener.name);
}

Result<ListenerSetup> prepare_listener(const config::Listener& listener, std::vector<std::string>& warnings) {
  ListenerSetup setup{.options = {.name = listener_id(listener),
                                  .address = listener.host,
                                  .port = listener.port,
                                  .ipv6_only = false,
                                  .backlog = listener.backlog,
                                  .nodelay = listener.nodelay,
                                  .send_buffer_bytes = listener.send_buffer_bytes,
                                  .receive_buffer_bytes = listener.receive_buffer_bytes,
                                  .connections_max = listener.connections_max,
                                  .accepts_per_s_max = listener.accepts_per_s_max,
                                  .send_timeout = listener.send_timeout},
                      .tls = nullptr};
  if (listener.kind != "ssl") return setup;
  auto opened = net::TlsListener::open(tls_options(listener), warnings);
  if (!opened) return tl::unexpected(opened.error());
  setup.tls = std::move(*opened);
  setup.options.make_stage = setup.tls->factory();
  setup.options.handshake_timeout = listener.tls.handshake_timeout;
  return setup;
}

}  // namespace meshmq::server
