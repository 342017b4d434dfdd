#pragma once
// A TLS listener's certificates while they come and go.

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/file_stamps.hpp"
#include "net/stage.hpp"
#include "net/tls_options.hpp"

/// OpenSSL's SSL.
struct ssl_st;

namespace meshmq::net {

class TlsContext;

/// Reads the files, makes a stage for each connection, and reads the files again when it is told to: new
/// connections get what is new, those that exist keep what they have. A reading that fails changes nothing.
/// Thread rule: stages from any thread; the rest has one owner (the control thread).
class TlsListener : public std::enable_shared_from_this<TlsListener> {
 public:
  using Warnings = std::vector<std::string>;

  /// Fails with a line that names the key and the file.
  static Result<std::shared_ptr<TlsListener>> open(TlsOptions options, Warnings& warnings);

  /// For ListenerOptions::make_stage. Keeps this alive.
  StageFactory factory();
  std::unique_ptr<Stage> make_stage() const;
  /// For a connection that is no stage: an SSL that is the caller's, and what must live as long as it.
  std::pair<ssl_st*, std::shared_ptr<const void>> make_ssl() const;

  Result<void> reload(Warnings& warnings);
  /// Whether a file looks different from when it was read, or tried to be.
  bool files_changed() const { return stamps_.changed(); }
  const std::string& setting() const { return options_.setting; }

 private:
  std::shared_ptr<const TlsContext> context() const;

  explicit TlsListener(TlsOptions options) : options_(std::move(options)) {}

  const TlsOptions options_;
  FileStamps stamps_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  ///< guarded by mutex_
};

}  // namespace meshmq::net
