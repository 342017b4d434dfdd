#include "net/dist_tls.hpp"

#include <fmt/format.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "net/tls_context.hpp"
#include "net/tls_stage.hpp"

namespace meshmq::net {

namespace {

using Status = erldist::SecureChannel::Status;

constexpr char record_handshake = 0x16;
/// A fatal alert, protocol_version [RFC 8446 6.2]: whoever speaks plain text can see why it is refused.
constexpr std::string_view no_tls_alert("\x15\x03\x01\x00\x02\x02\x46", 7);

/// What is wrong with the other side's certificate.
std::string certificate_trouble(long verified, const std::string& host) {
  switch (verified) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "its certificate is of an unknown CA";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet";
    case X509_V_ERR_CERT_REVOKED:
      return "its certificate is revoked";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("its certificate is not for the host '{}'", host);
    default:
      return fmt::format("its certificate is refused: {}", X509_verify_cert_error_string(verified));
  }
}

/// Errors of the handshake that have a plainer name; nullptr: none.
const char* plain_words(int reason) {
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "it has no certificate";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "it refuses this node's certificate: unknown CA";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "it refuses this node's certificate: expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return "it refuses this node's certificate: revoked";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return "it refuses this node's certificate";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "it wants a certificate, this node has none: set certfile for client";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "it refuses the handshake: no common cipher, or it wants a certificate";
    case SSL_R_NO_SHARED_CIPHER:
      return "no common cipher";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "no common version of TLS";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "it speaks no TLS";
    default:
      return nullptr;
  }
}

class Channel final : public erldist::SecureChannel {
 public:
  Channel(std::shared_ptr<const TlsContext> context, std::string host)
      : stage_(std::move(context), host), host_(std::move(host)) {}

  Status receive(std::string_view bytes, std::string& up, std::string& down) override {
    if (!begun_ && !bytes.empty()) {
      begun_ = true;
      speaks_plain_ = bytes.front() != record_handshake && bytes.front() != no_tls_alert.front();
    }
    if (speaks_plain_) {
      down += no_tls_alert;
      return Status::failed;
    }
    StageStatus status{};
    // The stage stops when it has put out enough; here all that has come is wanted at once.
    do {
      part_.clear();
      StageIo io{part_, down};
      status = stage_.receive(bytes, io);
      up += part_;
    } while (status == StageStatus::ready && (!bytes.empty() || part_.size() >= StageIo::up_bytes_max));
    if (part_.capacity() > StageIo::up_bytes_max) part_ = {};
    switch (status) {
      case StageStatus::handshake:
        return Status::handshake;
      case StageStatus::ready:
      case StageStatus::left:
        return Status::ready;
      case StageStatus::closed:
        return Status::closed;
      case StageStatus::failed:
        return Status::failed;
    }
    return Status::failed;
  }

  bool send(std::string_view plain, std::string& down) override {
    const iovec one{const_cast<char*>(plain.data()), plain.size()};
    return stage_.send({&one, 1}, down);
  }
  void close(std::string& down) override { stage_.close(down); }

  std::string error() const override {
    if (speaks_plain_)
      return "it speaks no TLS, this node does: is cluster.proto_dist the same on both sides?";
    const TlsStage::Failure& failure = stage_.failure();
    if (failure.reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
      return certificate_trouble(failure.verified, host_);
    const char* words = plain_words(failure.reason);
    return words != nullptr ? words : stage_.error();
  }

 private:
  TlsStage stage_;
  std::string host_;
  std::string part_;
  bool begun_ = false;
  bool speaks_plain_ = false;
};

}  // namespace

Result<std::shared_ptr<DistTls>> DistTls::open(std::string path, Warnings& warnings) {
  std::shared_ptr<DistTls> made(new DistTls(std::move(path)));
  if (auto loaded = made->reload(warnings); !loaded) return tl::unexpected(loaded.error());
  return made;
}

Result<void> DistTls::reload(Warnings& warnings) {
  stamps_.take({path_});
  auto options = read_dist_tls(path_);
  if (!options) return tl::unexpected(options.error());
  std::vector<std::string> files{path_};
  for (const TlsOptions* role : {&options->server, &options->client}) {
    for (std::string& file : files_of(*role)) files.push_back(std::move(file));
  }
  stamps_.take(std::move(files));
  const auto fresh = std::make_shared<Loaded>();
  for (auto& [to, from] : {std::pair{&fresh->server, &options->server}, {&fresh->client, &options->client}}) {
    auto context = TlsContext::load(*from);
    if (!context) return tl::unexpected(context.error());
    *to = std::move(context->context);
    for (std::string& warning : context->warnings) warnings.push_back(std::move(warning));
  }
  if (!options->client.verify_peer) {
    warnings.push_back(options->client.setting +
                       ": other nodes are not verified, only the cookie protects: set cacertfile");
  }
  fresh->options = std::move(*options);
  const std::lock_guard lock(mutex_);
  loaded_ = fresh;
  return {};
}

std::shared_ptr<const DistTls::Loaded> DistTls::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

std::unique_ptr<erldist::SecureChannel> DistTls::accept() {
  return std::make_unique<Channel>(loaded()->server, "");
}

std::unique_ptr<erldist::SecureChannel> DistTls::connect(const std::string& host) {
  const auto now = loaded();
  const std::string& wanted = now->options.as_host.empty() ? host : now->options.as_host;
  return std::make_unique<Channel>(now->client, now->options.check_host ? wanted : std::string());
}

}  // namespace meshmq::net
