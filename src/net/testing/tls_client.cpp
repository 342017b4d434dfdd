#include "net/testing/tls_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/tls_peer.hpp"

namespace meshmq::net::testing {

TlsClient::TlsClient(std::uint16_t port, TlsClientOptions options)
    : options_(std::move(options)), socket_(port) {
  const timeval patience{5, 0};
  ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (options_.context != nullptr) {
    SSL_CTX_up_ref(options_.context);
    context_.reset(options_.context);
  } else {
    context_.reset(SSL_CTX_new(TLS_client_method()));
  }
  SSL_CTX* context = context_.get();
  if (options_.version != 0) {
    SSL_CTX_set_min_proto_version(context, options_.version);
    SSL_CTX_set_max_proto_version(context, options_.version);
  }
  if (!options_.certificate.cert.empty()) {
    SSL_CTX_use_certificate_chain_file(context, options_.certificate.cert.c_str());
    SSL_CTX_use_PrivateKey_file(context, options_.certificate.key.c_str(), SSL_FILETYPE_PEM);
  }
  if (!options_.ciphers.empty()) SSL_CTX_set_cipher_list(context, options_.ciphers.c_str());
  if (!options_.psk_identity.empty()) SSL_CTX_set_psk_client_callback(context, give_psk);
  ssl_.reset(SSL_new(context));
  SSL* ssl = ssl_.get();
  SSL_set_app_data(ssl, this);
  if (!options_.host.empty()) SSL_set_tlsext_host_name(ssl, options_.host.c_str());
  if (!options_.alpn.empty()) {
    const std::string list = static_cast<char>(options_.alpn.size()) + options_.alpn;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  if (options_.want_ocsp) SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
  if (options_.session != nullptr) SSL_set_session(ssl, options_.session);
  SSL_set_fd(ssl, socket_.fd());
}

unsigned TlsClient::give_psk(SSL* ssl, const char*, char* identity, unsigned identity_max, unsigned char* psk,
                             unsigned psk_max) {
  const TlsClientOptions& options = static_cast<TlsClient*>(SSL_get_app_data(ssl))->options_;
  if (options.psk_identity.size() >= identity_max || options.psk.size() > psk_max) return 0;
  std::memcpy(identity, options.psk_identity.c_str(), options.psk_identity.size() + 1);
  std::memcpy(psk, options.psk.data(), options.psk.size());
  return static_cast<unsigned>(options.psk.size());
}

bool TlsClient::handshake() {
  ERR_clear_error();
  return SSL_connect(ssl_.get()) == 1;
}

bool TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) != 1) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

std::string TlsClient::receive(std::size_t size) {
  std::string result(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    std::size_t now = 0;
    if (SSL_read_ex(ssl_.get(), result.data() + got, size - got, &now) != 1) break;
    got += now;
  }
  result.resize(got);
  return result;
}

bool TlsClient::connect(std::string_view client_id) {
  return handshake() && send(connect_packet(client_id)) &&
         receive(4) == std::string_view("\x20\x02\x00\x00", 4);
}

std::string TlsClient::server_cn() {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? std::string() : common_name(certificate);
}

std::string TlsClient::alpn() {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

}  // namespace meshmq::net::testing
