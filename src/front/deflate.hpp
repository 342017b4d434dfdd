#pragma once
// Compression of messages (RFC 7692, permessage-deflate) with zlib.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace meshmq::front {

/// What both sides have agreed upon, and how hard we try.
struct DeflateParams {
  bool server_takeover = true;  ///< our messages refer to earlier ones
  bool client_takeover = true;  ///< the client's do
  int server_window_bits = 15;  ///< 9 to 15
  int client_window_bits = 15;
  int level = -1;     ///< 0 to 9; -1: zlib's choice
  int mem_level = 8;  ///< 1 to 9
  int strategy = 0;   ///< zlib's number
};

/// Makes the client's messages plain. Without takeover it holds memory only within a message. Never puts out
/// more than is asked for at a time: a bomb is met by whoever counts the plain bytes.
class Inflator {
 public:
  explicit Inflator(const DeflateParams& params);
  ~Inflator();

  /// Takes all of `bytes`, or as many as make `out` so long. False: they are no compressed message.
  bool inflate(std::string_view& bytes, std::string& out, std::size_t out_bytes_max);
  /// The message ends here. The same limit; call it again until finished().
  bool finish(std::string& out, std::size_t out_bytes_max);
  bool finished() const { return !within_; }
  /// Bytes that were taken make more than there was room for.
  bool full() const { return full_; }

 private:
  struct Stream;
  bool run(std::string_view& bytes, std::string& out, std::size_t out_bytes_max);

  const int window_bits_;
  const bool takeover_;
  std::unique_ptr<Stream> stream_;
  std::size_t tail_left_ = 0;  ///< of the four bytes that end a message
  bool within_ = false;
  bool full_ = false;
};

/// Compresses our messages. Without takeover it holds memory only within a message.
class Deflator {
 public:
  explicit Deflator(const DeflateParams& params);
  ~Deflator();

  void deflate(std::string_view bytes, std::string& out);
  /// The message ends here.
  void finish(std::string& out);

 private:
  struct Stream;
  void run(std::string_view bytes, std::string& out, int flush);

  const DeflateParams params_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace meshmq::front
