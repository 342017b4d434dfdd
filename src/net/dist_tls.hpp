#pragma once
// TLS between nodes: cluster.proto_dist = inet_tls.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "erldist/secure_channel.hpp"
#include "net/dist_tls_file.hpp"
#include "net/file_stamps.hpp"

namespace meshmq::net {

class TlsContext;

/// Reads node.ssl_dist_optfile and the files that it names, makes channels, and reads them again when told
/// to: new connections get what is new, those that exist keep what they have. A reading that fails changes
/// nothing. Thread rule: channels from any thread; the rest has one owner (the control thread).
class DistTls final : public erldist::SecureChannels {
 public:
  using Warnings = std::vector<std::string>;

  /// Fails with a line that names the file and what is wrong in it.
  static Result<std::shared_ptr<DistTls>> open(std::string path, Warnings& warnings);

  std::unique_ptr<erldist::SecureChannel> accept() override;
  std::unique_ptr<erldist::SecureChannel> connect(const std::string& host) override;

  Result<void> reload(Warnings& warnings);
  /// Whether a file looks different from when it was read, or tried to be.
  bool files_changed() const { return stamps_.changed(); }

 private:
  struct Loaded {
    DistTlsOptions options;
    std::shared_ptr<const TlsContext> server;
    std::shared_ptr<const TlsContext> client;
  };

  explicit DistTls(std::string path) : path_(std::move(path)) {}
  std::shared_ptr<const Loaded> loaded() const;

  const std::string path_;
  FileStamps stamps_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Loaded> loaded_;  ///< guarded by mutex_
};

}  // namespace meshmq::net
