#pragma once
// TLS for the load generator's connections.

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace meshmq::bench {

/// The client's side of TLS on a non-blocking socket. Nobody's certificate is checked: this measures. The
/// handshake happens within the first write() and the read()s that follow. Thread rule: one owner.
class TlsClient {
 public:
  enum class Outcome {
    done,
    wants_input,  ///< goes on when something has come in
    wants_room,
    broken,
  };

  explicit TlsClient(int fd);

  /// Sends the front of `bytes`, removes what was taken.
  Outcome write(std::string_view& bytes);
  /// Reads whole records until there are none, or no room for another; `got` bytes.
  Outcome read(char* buffer, std::size_t size, std::size_t& got);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  Outcome judge(int result) const;

  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace meshmq::bench
