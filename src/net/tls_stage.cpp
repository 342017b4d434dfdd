#include "net/tls_stage.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "mqtt/utf8.hpp"
#include "net/tls_peer.hpp"

namespace meshmq::net {

namespace {

// ---------------------------------------------------------------- a BIO over borrowed bytes

TlsStage::Wire& wire_of(BIO* bio) {
  return *static_cast<TlsStage::Wire*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* buffer, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  std::string_view* in = wire_of(bio).in;
  if (in == nullptr || in->empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *got = std::min(size, in->size());
  std::memcpy(buffer, in->data(), *got);
  in->remove_prefix(*got);
  return 1;
}

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* put) {
  BIO_clear_retry_flags(bio);
  std::string* out = wire_of(bio).out;
  *put = size;
  if (out != nullptr) out->append(bytes, size);
  return 1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct MethodFree {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, MethodFree> method = [] {
    std::unique_ptr<BIO_METHOD, MethodFree> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "shared buffers"));
    BIO_meth_set_read_ex(made.get(), bio_read);
    BIO_meth_set_write_ex(made.get(), bio_write);
    BIO_meth_set_ctrl(made.get(), bio_control);
    BIO_meth_set_create(made.get(), [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }();
  return method.get();
}

/// What a call of OpenSSL may read and write, until it is over.
class Lend {
 public:
  Lend(TlsStage::Wire& wire, std::string_view* in, std::string* out) : wire_(wire) { wire_ = {in, out}; }
  ~Lend() { wire_ = {}; }
  Lend(const Lend&) = delete;
  Lend& operator=(const Lend&) = delete;

 private:
  TlsStage::Wire& wire_;
};

}  // namespace

// ---------------------------------------------------------------- the stage

TlsStage::TlsStage(std::shared_ptr<const TlsContext> context, const std::string& host)
    : context_(std::move(context)), ssl_(context_->make_ssl(host)) {
  BIO* bio = BIO_new(bio_method());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    error_ = "TLS: out of memory";
    failed_ = true;
    return;
  }
  BIO_set_data(bio, &wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsStage::~TlsStage() = default;

StageStatus TlsStage::receive(std::string_view& bytes, StageIo& io) {
  if (failed_) return StageStatus::failed;
  const Lend lend(wire_, &bytes, &io.down);
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) != 1) {
    const StageStatus status = shake_hands();
    if (status != StageStatus::ready) return status;
  }
  return read(bytes, io.up);
}

StageStatus TlsStage::shake_hands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (name_is_text()) return StageStatus::ready;
    error_ = "TLS: the common name of the certificate is no text";
    failed_ = true;
    return StageStatus::failed;
  }
  const StageStatus status = judge(result);
  return status == StageStatus::ready ? StageStatus::handshake : status;
}

StageStatus TlsStage::read(std::string_view& bytes, std::string& up) {
  // Plain bytes are never more than those on the wire; but those of a record that began earlier come too.
  constexpr std::size_t room_min = 1024;
  while (up.size() < StageIo::up_bytes_max) {
    const auto pending = static_cast<std::size_t>(SSL_pending(ssl_.get()));
    if (bytes.empty() && pending == 0) {
      const bool closed = (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
      return closed ? StageStatus::closed : StageStatus::ready;
    }
    const std::size_t before = up.size();
    up.resize(before + std::max({bytes.size(), pending, room_min}));
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), up.data() + before, up.size() - before, &size);
    up.resize(before + (result == 1 ? size : 0));
    if (result == 1) continue;
    if (const StageStatus status = judge(result); status != StageStatus::ready || bytes.empty())
      return status;
  }
  return StageStatus::ready;
}

StageStatus TlsStage::judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return StageStatus::ready;
    case SSL_ERROR_ZERO_RETURN:
      return StageStatus::closed;
    default:
      fail();
      return StageStatus::failed;
  }
}

bool TlsStage::fail() {
  failed_ = true;
  const long verified = SSL_get_verify_result(ssl_.get());
  failure_ = {ERR_GET_REASON(ERR_peek_error()), verified};
  const std::string reason = take_openssl_error();
  error_ = verified == X509_V_OK
               ? fmt::format("TLS: {}", reason)
               : fmt::format("TLS: {}: {}", reason, X509_verify_cert_error_string(verified));
  return false;
}

/// It may become a user name, and goes into logs and topics in any case.
bool TlsStage::name_is_text() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr || mqtt::is_valid_utf8(common_name(certificate));
}

bool TlsStage::send(std::span<const iovec> plain, std::string& down) {
  if (failed_) return false;
  const Lend lend(wire_, nullptr, &down);
  ERR_clear_error();
  for (const iovec& part : plain) {
    std::size_t written = 0;
    if (part.iov_len > 0 && SSL_write_ex(ssl_.get(), part.iov_base, part.iov_len, &written) != 1)
      return fail();
  }
  return true;
}

void TlsStage::close(std::string& down) {
  if (failed_ || SSL_is_init_finished(ssl_.get()) != 1) return;
  const Lend lend(wire_, nullptr, &down);
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsStage::describe(PeerFacts& peer) const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return;
  peer.cn = common_name(certificate);
  peer.dn = distinguished_name(certificate);
  peer.username = peer_cert_value(certificate, context_->options().peer_cert_as_username);
  peer.clientid = peer_cert_value(certificate, context_->options().peer_cert_as_clientid);
}

}  // namespace meshmq::net
