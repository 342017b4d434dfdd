#pragma once
// A socket to another node, plain or with TLS upon it. Includes Asio: for this folder's own files.

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "erldist/secure_channel.hpp"
#include "mesh/mesh.hpp"

namespace meshmq::mesh {

/// Reads and writes plain bytes; one read and one write at a time. Handlers come from the loop, never from
/// within a call. Thread rule: the loop's thread.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  using Done = std::function<void(boost::system::error_code)>;
  /// `bytes` are borrowed for the call.
  using Read = std::function<void(boost::system::error_code, std::string_view bytes)>;

  explicit Wire(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  /// From now on there is TLS, if `channel` is one. Done when plain bytes can flow, or with an error.
  void secure(std::unique_ptr<erldist::SecureChannel> channel, Done done);
  bool is_secure() const { return channel_ != nullptr; }
  /// Why TLS failed; empty: it did not.
  const std::string& tls_error() const { return tls_error_; }

  void read(Read done);
  /// `bytes` must stay until `done`.
  void write(std::string_view bytes, Done done);
  /// Nothing waits to be written, and the socket can be given away.
  bool idle() const { return !flushing_ && output_.empty(); }
  /// Says goodbye where there is TLS. Handlers that wait hear an error.
  void close();
  /// The socket goes elsewhere; `rest` are plain bytes that have come already. Only while idle.
  Result<AdoptedSocket> release(std::string rest);

 private:
  void shake_hands(std::string_view bytes, const Done& done);
  void read_more(Read done);
  void flush();

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<erldist::SecureChannel> channel_;
  std::string tls_error_;
  std::string plain_;    ///< TLS: came together with the end of the handshake
  std::string output_;   ///< TLS: for the socket
  std::string flushed_;  ///< TLS: what the socket is taking
  bool flushing_ = false;
  Done written_;  ///< hears when `output_` has gone
  char buffer_[16 * 1024];
};

}  // namespace meshmq::mesh
