#pragma once
// What every fuzzer is made of.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace meshmq::fuzz {

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

/// Holds whatever the bytes are. Unlike an assertion of the code itself it belongs to the fuzzer.
#define FUZZ_CHECK(what) ((what) ? void() : ::meshmq::fuzz::broken(#what, __FILE__, __LINE__))

/// Takes an input apart from its front. At its end every number is 0 and every text is empty.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() { return rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(take(1)[0]); }
  /// 0 .. limit - 1
  std::size_t below(std::size_t limit) { return byte() % limit; }
  bool flag() { return (byte() & 1) != 0; }
  std::uint16_t u16() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(u16()) << 16 | u16(); }
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Bytes behind a length of one byte.
  std::string_view text() { return take(byte()); }
  std::string_view rest() { return take(rest_.size()); }

 private:
  std::string_view rest_;
};

/// A copy in a block of exactly its size: a read beyond it is seen by the address sanitizer.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes) : block_(new char[bytes.size()]), size_(bytes.size()) {
    bytes.copy(block_.get(), size_);
  }
  std::string_view bytes() const { return {block_.get(), size_}; }

 private:
  std::unique_ptr<char[]> block_;
  std::size_t size_;
};

}  // namespace meshmq::fuzz
