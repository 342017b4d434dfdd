#pragma once
// Input of one connection that has not been handled.

#include <memory>
#include <string>
#include <string_view>

namespace meshmq::net {

/// A pointer as long as there is nothing: most connections never hold any. Thread rule: its worker.
class Unread {
 public:
  bool empty() const { return bytes_ == nullptr; }
  /// Borrowed until the next change.
  std::string_view bytes() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  /// Not if it is empty().
  void append(std::string_view more) { bytes_->append(more); }
  /// From now on this, which may be a part of what it was; nothing: gives its memory back. What has held a
  /// large packet does not keep that memory.
  void assign(std::string_view bytes) {
    if (bytes.empty()) {
      bytes_ = nullptr;
    } else {
      bytes_ = std::make_unique<std::string>(bytes);
    }
  }
  void clear() { bytes_ = nullptr; }

 private:
  std::unique_ptr<std::string> bytes_;
};

}  // namespace meshmq::net
