// Arrays aligned to cache lines whose memory is not touched before it is used; or views of memory that others own.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace passim {

template <typename T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  // Uninitialised.
  explicit Buffer(size_t size) : size_(size) {
    if (size > 0) data_ = static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t(64)));
  }
  Buffer(size_t size, T value) : Buffer(size) {
    for (size_t i = 0; i < size; i++) data_[i] = value;
  }
  // Of memory that outlives it and is only read.
  static Buffer view(const T* data, size_t size) {
    Buffer buffer;
    buffer.data_ = const_cast<T*>(data);
    buffer.size_ = size;
    buffer.owned_ = false;
    return buffer;
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owned_(std::exchange(other.owned_, true)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != nullptr && owned_) ::operator delete(data_, std::align_val_t(64));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  size_t size() const { return size_; }
  // Memory of its own.
  size_t bytes() const { return owned_ ? size_ * sizeof(T) : 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  bool owned_ = true;
};

}  // namespace passim
