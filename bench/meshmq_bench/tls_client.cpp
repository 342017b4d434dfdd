#include "bench/meshmq_bench/tls_client.hpp"

#include <openssl/err.h>

#include "base/assert.hpp"

namespace meshmq::bench {
namespace {

constexpr std::size_t record_bytes_max = 16 * 1024;

SSL_CTX* shared_context() {
  static SSL_CTX* context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    MESHMQ_ASSERT(made != nullptr, "OpenSSL has no TLS");
    SSL_CTX_set_mode(
        made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return made;
  }();
  return context;
}

}  // namespace

TlsClient::TlsClient(int fd) : ssl_(SSL_new(shared_context())) {
  SSL_set_fd(ssl_.get(), fd);
  SSL_set_connect_state(ssl_.get());
}

TlsClient::Outcome TlsClient::write(std::string_view& bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    if (result != 1) return judge(result);
    bytes.remove_prefix(size);
  }
  return Outcome::done;
}

TlsClient::Outcome TlsClient::read(char* buffer, std::size_t size, std::size_t& got) {
  got = 0;
  while (size - got >= record_bytes_max) {
    ERR_clear_error();
    std::size_t more = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer + got, size - got, &more);
    if (result != 1) return judge(result);
    got += more;
  }
  return Outcome::done;
}

TlsClient::Outcome TlsClient::judge(int result) const {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Outcome::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Outcome::wants_room;
    default:
      return Outcome::broken;
  }
}

}  // namespace meshmq::bench
