#pragma once
// TLS on one connection. Includes OpenSSL: for this folder's own files.

#include <memory>
#include <string>

#include "net/stage.hpp"
#include "net/tls_context.hpp"

namespace meshmq::net {

/// One side of TLS 1.2 and 1.3. OpenSSL reads from the bytes at hand and writes into the worker's
/// shared buffer (a BIO of our own), and lets go of its own buffers whenever they are empty: an idle
/// connection costs some 14 KB instead of 80. Limits: OpenSSL's, 100 KB for the other side's certificates and
/// one record of 16 KB. Nobody may renegotiate. Thread rule: as Stage.
class TlsStage final : public Stage {
 public:
  /// What made it fail, for branching.
  struct Failure {
    int reason = 0;     ///< SSL_R_...
    long verified = 0;  ///< X509_V_...
  };

  /// `host`: see TlsContext::make_ssl().
  explicit TlsStage(std::shared_ptr<const TlsContext> context, const std::string& host = {});
  ~TlsStage() override;

  StageStatus receive(std::string_view& bytes, StageIo& io) override;
  bool send(std::span<const iovec> plain, std::string& down) override;
  void close(std::string& down) override;
  void describe(PeerFacts& peer) const override;
  std::string error() const override { return error_; }
  const Failure& failure() const { return failure_; }

  /// Where OpenSSL reads and writes during one call.
  struct Wire {
    std::string_view* in = nullptr;
    std::string* out = nullptr;
  };

 private:
  StageStatus shake_hands();
  StageStatus read(std::string_view& bytes, std::string& up);
  /// What a call that gave `result` means.
  StageStatus judge(int result);
  bool fail();
  bool name_is_text() const;

  std::shared_ptr<const TlsContext> context_;
  SslPtr ssl_;
  Wire wire_;
  std::string error_;
  Failure failure_;
  bool failed_ = false;
};

}  // namespace meshmq::net
