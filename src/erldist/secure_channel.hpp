#pragma once
// What may stand between a socket's bytes and those of the distribution protocol: TLS (cluster.proto_dist =
// inet_tls). An interface, so that who speaks the protocol knows nothing of TLS.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace meshmq::erldist {

/// One connection; bytes in, bytes out, no socket. Thread rule: used by one thread at a time; goes to another
/// together with its socket.
class SecureChannel {
 public:
  enum class Status : std::uint8_t {
    handshake,  ///< nothing plain can flow yet
    ready,
    closed,  ///< the other side has said goodbye
    failed,  ///< error() says why; `down` may hold last words, which are still to be sent
  };

  virtual ~SecureChannel() = default;
  /// Takes all bytes; appends plain ones to `up` and what is for the socket to `down`. Whoever connects
  /// begins by calling it without bytes.
  virtual Status receive(std::string_view bytes, std::string& up, std::string& down) = 0;
  /// Only while ready. Appends to `down`; false: failed.
  virtual bool send(std::string_view plain, std::string& down) = 0;
  /// Says goodbye; nothing is sent after it.
  virtual void close(std::string& down) = 0;
  /// For people: `its certificate has expired`.
  virtual std::string error() const = 0;
};

/// Makes channels. Thread rule: any thread.
class SecureChannels {
 public:
  virtual ~SecureChannels() = default;
  virtual std::unique_ptr<SecureChannel> accept() = 0;
  /// `host`: for whom the other side's certificate must be.
  virtual std::unique_ptr<SecureChannel> connect(const std::string& host) = 0;
};

}  // namespace meshmq::erldist
