#pragma once
// One socket of the load generator and the bytes that wait on either side of it.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bench/meshmq_bench/options.hpp"
#include "bench/meshmq_bench/tls_client.hpp"
#include "bench/meshmq_bench/websocket_client.hpp"

namespace meshmq::bench {

/// A resolved address.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string text;  ///< HOST:PORT, for messages

  bool is_loopback_ipv4() const;
};
Result<Endpoint> resolve(const Address& address);

/// A non-blocking TCP connection. Output is collected by the owner in out() and leaves with flush(), once per
/// turn of the loop; input goes through a buffer that all connections share, only the piece of a packet that
/// is not complete stays here. Thread rule: one owner.
class Connection {
 public:
  enum class Flush { done, blocked, broken };

  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins to connect. `source` picks 127.0.0.<1 + source> as own address, where one has not enough ports.
  Result<void> dial(const Endpoint& endpoint, unsigned source);
  /// After the first EPOLLOUT: whether the connection stands.
  Result<void> finish_dial(bool tls, bool websocket);
  void close();

  std::string& out() { return out_; }
  /// Output that waits for input: a handshake that is under way.
  bool output_needs_input() const { return (tls_ || websocket_) && has_output(); }
  bool has_output() const { return output_bytes() != 0; }
  std::size_t output_bytes() const {
    return websocket_ ? wire_.size() - out_begin_ + out_.size() : out_.size() - out_begin_;
  }
  Flush flush();

  /// Reads once. Gives everything unread, older bytes first; the caller returns what it used with
  /// keep_from(). Nothing and not ok: the connection is gone.
  std::string_view read(char* scratch, std::size_t size, bool& ok);
  /// `rest` is a suffix of what read() gave.
  void keep(std::string_view rest);

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  /// What leaves: the output, or frames of it.
  std::string& wire() { return websocket_ ? wire_ : out_; }
  Flush sent_all();
  Flush flush_tls();

  int fd_ = -1;
  std::unique_ptr<TlsClient> tls_;              ///< nullptr: plain TCP
  std::unique_ptr<WebSocketClient> websocket_;  ///< nullptr: MQTT without frames around it
  std::string out_;
  std::string wire_;
  std::size_t out_begin_ = 0;  ///< of wire()
  std::string partial_;
};

}  // namespace meshmq::bench
