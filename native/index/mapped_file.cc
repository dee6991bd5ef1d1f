#include "index/mapped_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#if defined(_WIN32)
#define NOMINMAX
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace passim {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20;

#if defined(_WIN32)
std::wstring wide(const std::string& path) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring out(static_cast<size_t>(std::max(length, 1)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, out.data(), length);
  out.resize(out.size() - 1);
  return out;
}

std::FILE* openFile(const std::string& path, bool write) {
  if (!write) return _wfopen(wide(path).c_str(), L"rb");
  const int descriptor = _wopen(wide(path).c_str(), _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY, _S_IREAD | _S_IWRITE);
  return descriptor < 0 ? nullptr : _fdopen(descriptor, "wb");
}

bool store(std::FILE* file) { return _commit(_fileno(file)) == 0; }
bool seek(std::FILE* file, size_t offset) { return _fseeki64(file, static_cast<long long>(offset), SEEK_SET) == 0; }
bool rename(const std::string& from, const std::string& to) {
  return MoveFileExW(wide(from).c_str(), wide(to).c_str(), MOVEFILE_REPLACE_EXISTING) != 0;
}
#else
std::FILE* openFile(const std::string& path, bool write) {
  const int descriptor =
      write ? ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return descriptor < 0 ? nullptr : fdopen(descriptor, write ? "wb" : "rb");
}

bool store(std::FILE* file) { return fsync(fileno(file)) == 0; }
bool seek(std::FILE* file, size_t offset) { return fseeko(file, static_cast<off_t>(offset), SEEK_SET) == 0; }
bool rename(const std::string& from, const std::string& to) { return std::rename(from.c_str(), to.c_str()) == 0; }
#endif

bool writeParts(std::FILE* file, const std::vector<FilePart>& parts) {
  const uint8_t zeros[kFileAlign] = {};
  for (const auto& [data, bytes] : parts) {
    if (bytes > 0 && std::fwrite(data, 1, bytes, file) != bytes) return false;
    const size_t fill = alignedSize(bytes) - bytes;
    if (fill > 0 && std::fwrite(zeros, 1, fill, file) != fill) return false;
  }
  return std::fflush(file) == 0 && store(file);
}

}  // namespace

#if defined(_WIN32)
std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  // Others may delete the file while it is mapped: it goes when the last of them has let go.
  const HANDLE file = CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return nullptr;
  LARGE_INTEGER size;
  HANDLE mapping = nullptr;
  if (GetFileSizeEx(file, &size) && size.QuadPart > 0)
    mapping = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  CloseHandle(file);
  if (mapping == nullptr) return nullptr;
  const void* const data = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
  CloseHandle(mapping);
  if (data == nullptr) return nullptr;
  return std::shared_ptr<const MappedFile>(
      new MappedFile(static_cast<const uint8_t*>(data), static_cast<size_t>(size.QuadPart)));
}

MappedFile::~MappedFile() { UnmapViewOfFile(data_); }

void removeFile(const std::string& path) { DeleteFileW(wide(path).c_str()); }
#else
std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  struct stat status;
  void* data = MAP_FAILED;
  if (fstat(file, &status) == 0 && status.st_size > 0)
    data = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (data == MAP_FAILED) return nullptr;
  return std::shared_ptr<const MappedFile>(
      new MappedFile(static_cast<const uint8_t*>(data), static_cast<size_t>(status.st_size)));
}

MappedFile::~MappedFile() { munmap(const_cast<uint8_t*>(data_), size_); }

void removeFile(const std::string& path) { unlink(path.c_str()); }
#endif

bool writeFile(const std::string& path, const std::vector<FilePart>& parts) {
  const std::string unfinished = path + ".part";
  std::FILE* const file = openFile(unfinished, true);
  if (file == nullptr) return false;
  const bool written = writeParts(file, parts);
  const bool closed = std::fclose(file) == 0;
  if (written && closed && rename(unfinished, path)) return true;
  removeFile(unfinished);
  return false;
}

bool hashFile(const std::string& path, size_t offset, size_t size, uint64_t* hash) {
  std::FILE* const file = openFile(path, false);
  if (file == nullptr) return false;
  std::vector<uint8_t> buffer(std::min(size, kReadBytes));
  Checksum checksum;
  bool whole = seek(file, offset);
  while (whole && size > 0) {
    const size_t wanted = std::min(size, kReadBytes);
    whole = std::fread(buffer.data(), 1, wanted, file) == wanted;
    if (whole) checksum.add(buffer.data(), wanted);
    size -= wanted;
  }
  std::fclose(file);
  *hash = checksum.value();
  return whole;
}

void Checksum::add(const void* data, size_t bytes) {
  const auto* at = static_cast<const uint8_t*>(data);
  length_ += bytes;
  const auto mix = [this](const uint8_t* block) {
    for (size_t lane = 0; lane < 4; lane++) {
      uint64_t word;
      std::memcpy(&word, block + 8 * lane, sizeof word);
      uint64_t mixed = (lanes_[lane] ^ word) * 0x9fb21c651e98df25;
      lanes_[lane] = mixed ^ (mixed >> 32);
    }
  };
  for (; bytes >= 32; bytes -= 32, at += 32) mix(at);
  if (bytes == 0) return;
  uint8_t last[32] = {};
  std::memcpy(last, at, bytes);
  mix(last);
}

uint64_t Checksum::value() const {
  uint64_t hash = length_;
  for (const uint64_t lane : lanes_) {
    hash = (hash ^ lane) * 0x9fb21c651e98df25;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace passim
