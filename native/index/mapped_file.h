// A file in memory, read only, and files written so that they are whole or absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace passim {

// The pages belong to the file: the system may drop them at any time and reads them again when they are needed.
class MappedFile {
 public:
  // Null when the file is missing, empty or can't be mapped. `path` is UTF-8.
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  MappedFile(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  const uint8_t* data_;
  size_t size_;
};

// A stretch of a file that is being written; it is filled up with zeros to a multiple of kFileAlign.
using FilePart = std::pair<const void*, size_t>;
constexpr size_t kFileAlign = 64;
inline size_t alignedSize(size_t bytes) { return (bytes + kFileAlign - 1) / kFileAlign * kFileAlign; }

// Writes the parts one after the other for the owner alone, has the system store them, and gives the file its name.
// False when that fails; nothing is left then.
bool writeFile(const std::string& path, const std::vector<FilePart>& parts);

// Hash of the bytes of a file from `offset` on, read without mapping them, so that they do not count as memory of the
// process. False when it ends before `size` bytes.
bool hashFile(const std::string& path, size_t offset, size_t size, uint64_t* hash);

void removeFile(const std::string& path);

// A checksum against damage, not against malice: four lanes of multiply and mix over 8-byte words. Feed it whole
// multiples of 32 bytes; the last piece is filled up with zeros.
class Checksum {
 public:
  void add(const void* data, size_t bytes);
  uint64_t value() const;

 private:
  uint64_t lanes_[4] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93};
  uint64_t length_ = 0;
};

}  // namespace passim
