#include "front/deflate.hpp"

#include <zlib.h>

#include <algorithm>

#include "base/assert.hpp"

namespace meshmq::front {

namespace {

/// Ends a flushed piece; not sent, and put back before a piece is made plain (RFC 7692, 7.2.1).
constexpr std::string_view tail("\x00\x00\xff\xff", 4);

Bytef* writable(const char* bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes));
}

}  // namespace

// ---------------------------------------------------------------- in

struct Inflator::Stream {
  explicit Stream(int window_bits) {
    const int result = ::inflateInit2(&z, -window_bits);
    MESHMQ_ASSERT(result == Z_OK, "zlib takes its parameters, and memory does not run out");
  }
  ~Stream() { ::inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
};

// Compressors of old zlib use 9 bits although 8 were agreed.
Inflator::Inflator(const DeflateParams& params)
    : window_bits_(std::max(params.client_window_bits, 9)), takeover_(params.client_takeover) {}
Inflator::~Inflator() = default;

bool Inflator::inflate(std::string_view& bytes, std::string& out, std::size_t out_bytes_max) {
  within_ = true;
  tail_left_ = tail.size();
  return run(bytes, out, out_bytes_max);
}

bool Inflator::finish(std::string& out, std::size_t out_bytes_max) {
  if (!within_) tail_left_ = tail.size();
  within_ = true;
  std::string_view rest = tail.substr(tail.size() - tail_left_);
  if (!run(rest, out, out_bytes_max)) return false;
  tail_left_ = rest.size();
  if (full_ || tail_left_ > 0) return true;
  within_ = false;
  if (!takeover_) stream_.reset();
  return true;
}

bool Inflator::run(std::string_view& bytes, std::string& out, std::size_t out_bytes_max) {
  constexpr std::size_t chunk_bytes = 4096;
  if (!stream_) stream_ = std::make_unique<Stream>(window_bits_);
  z_stream& z = stream_->z;
  full_ = false;
  while (true) {
    if (out.size() >= out_bytes_max) {
      full_ = true;
      return true;
    }
    const std::size_t before = out.size();
    const std::size_t room = std::min(chunk_bytes, out_bytes_max - before);
    out.resize(before + room);
    z.next_in = writable(bytes.data());
    z.avail_in = static_cast<uInt>(bytes.size());
    z.next_out = writable(out.data() + before);
    z.avail_out = static_cast<uInt>(room);
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    bytes.remove_prefix(bytes.size() - z.avail_in);
    out.resize(before + room - z.avail_out);
    // A final block may stand within a message; what follows begins anew, with the window as it is.
    if (result == Z_STREAM_END) {
      ::inflateResetKeep(&z);
      if (bytes.empty()) return true;
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) return false;
    if (z.avail_out > 0) return bytes.empty();
  }
}

// ---------------------------------------------------------------- out

struct Deflator::Stream {
  explicit Stream(const DeflateParams& params) {
    const int result = ::deflateInit2(&z, params.level, Z_DEFLATED, -params.server_window_bits,
                                      params.mem_level, params.strategy);
    MESHMQ_ASSERT(result == Z_OK, "zlib takes its parameters, and memory does not run out");
  }
  ~Stream() { ::deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
};

Deflator::Deflator(const DeflateParams& params) : params_(params) {}
Deflator::~Deflator() = default;

void Deflator::deflate(std::string_view bytes, std::string& out) {
  run(bytes, out, Z_NO_FLUSH);
}

void Deflator::finish(std::string& out) {
  const std::size_t before = out.size();
  run({}, out, Z_SYNC_FLUSH);
  MESHMQ_ASSERT(out.size() >= before + tail.size() && out.ends_with(tail),
                "a flush ends with an empty block");
  out.resize(out.size() - tail.size());
  if (!params_.server_takeover) stream_.reset();
}

void Deflator::run(std::string_view bytes, std::string& out, int flush) {
  constexpr std::size_t chunk_bytes = 4096;
  if (!stream_) stream_ = std::make_unique<Stream>(params_);
  z_stream& z = stream_->z;
  z.next_in = writable(bytes.data());
  z.avail_in = static_cast<uInt>(bytes.size());
  do {
    const std::size_t before = out.size();
    out.resize(before + chunk_bytes);
    z.next_out = writable(out.data() + before);
    z.avail_out = static_cast<uInt>(chunk_bytes);
    ::deflate(&z, flush);
    out.resize(before + chunk_bytes - z.avail_out);
  } while (z.avail_out == 0 || z.avail_in > 0);
}

}  // namespace meshmq::front
