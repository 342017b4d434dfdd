#pragma once
// Reference-counted ownership where the count lives in the object. T provides add_ref() and release().

#include <utility>

namespace meshmq {

template <class T>
class IntrusivePtr {
 public:
  IntrusivePtr() = default;
  IntrusivePtr(std::nullptr_t) {}
  /// Shares an object that somebody else owns too.
  explicit IntrusivePtr(T* p) : p_(p) {
    if (p_ != nullptr) p_->add_ref();
  }
  /// Takes over a reference that was already counted (a fresh object is born with one).
  static IntrusivePtr adopt(T* p) {
    IntrusivePtr result;
    result.p_ = p;
    return result;
  }
  IntrusivePtr(const IntrusivePtr& other) : IntrusivePtr(other.p_) {}
  IntrusivePtr(IntrusivePtr&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~IntrusivePtr() {
    if (p_ != nullptr) p_->release();
  }

  T* get() const { return p_; }
  T& operator*() const { return *p_; }
  T* operator->() const { return p_; }
  explicit operator bool() const { return p_ != nullptr; }
  /// Gives the reference away without dropping it; pair with adopt().
  T* detach() { return std::exchange(p_, nullptr); }
  friend bool operator==(const IntrusivePtr&, const IntrusivePtr&) = default;

 private:
  T* p_ = nullptr;
};

}  // namespace meshmq
