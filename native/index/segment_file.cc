#include "index/segment_file.h"

#include <algorithm>
#include <cstring>

#include "index/mapped_file.h"

namespace passim {
namespace {

constexpr char kMagic[8] = {'P', 'A', 'S', 'S', 'I', 'M', 'S', '1'};

// All numbers are little-endian, as on every processor that Passim runs on.
struct Header {
  char magic[8];
  uint32_t dimension;
  uint32_t bits;
  uint64_t centroids;
  uint64_t passages;
  uint64_t vectors;
  uint64_t postings;
  uint64_t codebook;   // fingerprint of the centroids
  uint64_t structure;  // checksum of all that lies before the residuals
  uint64_t residuals;  // checksum of residuals and scales
  uint64_t header;     // checksum of the above
};
static_assert(sizeof(Header) <= 2 * kFileAlign);

struct Sections {
  size_t keys, tags, starts, listStarts, centroids, postings, residuals, scales, end;
};

Sections sectionsOf(const Header& header) {
  Sections at;
  at.keys = alignedSize(sizeof(Header));
  at.tags = at.keys + alignedSize(header.passages * sizeof(uint32_t));
  at.starts = at.tags + alignedSize(header.passages * sizeof(uint32_t));
  at.listStarts = at.starts + alignedSize((header.passages + 1) * sizeof(uint32_t));
  at.centroids = at.listStarts + alignedSize((header.centroids + 1) * sizeof(uint32_t));
  at.postings = at.centroids + alignedSize(header.vectors * sizeof(uint16_t));
  at.residuals = at.postings + alignedSize(header.postings * sizeof(uint16_t));
  at.scales = at.residuals + alignedSize(header.vectors * header.dimension * header.bits / 8);
  at.end = at.scales + alignedSize(header.vectors);
  return at;
}

uint64_t headerChecksum(const Header& header) {
  Checksum checksum;
  checksum.add(&header, offsetof(Header, header));
  return checksum.value();
}

uint64_t fingerprint(const Codebook& codebook) {
  Checksum checksum;
  checksum.add(codebook.centroids(), codebook.size() * codebook.dimension() * sizeof(float));
  return checksum.value();
}

uint64_t checksumOf(const std::vector<FilePart>& parts) {
  Checksum checksum;
  for (const auto& [data, bytes] : parts) {
    // As it will lie in the file: filled up with zeros.
    const size_t whole = bytes / kFileAlign * kFileAlign;
    checksum.add(data, whole);
    if (whole == bytes) continue;
    uint8_t last[kFileAlign] = {};
    std::memcpy(last, static_cast<const uint8_t*>(data) + whole, bytes - whole);
    checksum.add(last, kFileAlign);
  }
  return checksum.value();
}

bool ascending(const uint32_t* values, size_t count, uint64_t last) {
  if (values[0] != 0 || values[count - 1] != last) return false;
  for (size_t i = 1; i < count; i++)
    if (values[i] < values[i - 1]) return false;
  return true;
}

bool plausible(const Header& header, const Codebook& codebook, size_t fileBytes) {
  return std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.header == headerChecksum(header) &&
         header.dimension == codebook.dimension() && header.bits == codebook.decoder().bits &&
         header.centroids == codebook.size() && header.codebook == fingerprint(codebook) && header.passages > 0 &&
         header.passages <= kMaxSegmentPassages && header.vectors <= UINT32_MAX && header.postings <= header.vectors &&
         sectionsOf(header).end == fileBytes;
}

}  // namespace

bool writeSegment(const std::string& path, const Segment& segment, const Codebook& codebook) {
  const SegmentArrays arrays = segment.arrays();
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.dimension = static_cast<uint32_t>(codebook.dimension());
  header.bits = static_cast<uint32_t>(codebook.decoder().bits);
  header.centroids = codebook.size();
  header.passages = arrays.passages;
  header.vectors = arrays.vectors;
  header.postings = arrays.postingCount;
  header.codebook = fingerprint(codebook);
  const std::vector<FilePart> structure = {{arrays.keys, arrays.passages * sizeof(uint32_t)},
                                           {arrays.tags, arrays.passages * sizeof(uint32_t)},
                                           {arrays.starts, (arrays.passages + 1) * sizeof(uint32_t)},
                                           {arrays.listStarts, (codebook.size() + 1) * sizeof(uint32_t)},
                                           {arrays.centroids, arrays.vectors * sizeof(uint16_t)},
                                           {arrays.postings, arrays.postingCount * sizeof(uint16_t)}};
  const std::vector<FilePart> residuals = {{arrays.residuals, arrays.vectors * codebook.width()},
                                           {arrays.scales, arrays.vectors}};
  header.structure = checksumOf(structure);
  header.residuals = checksumOf(residuals);
  header.header = headerChecksum(header);
  std::vector<FilePart> parts = {{&header, sizeof header}};
  parts.insert(parts.end(), structure.begin(), structure.end());
  parts.insert(parts.end(), residuals.begin(), residuals.end());
  return writeFile(path, parts);
}

std::shared_ptr<Segment> readSegment(const std::string& path, const Codebook& codebook, bool all) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (!file || file->size() < sizeof(Header)) return nullptr;
  Header header;
  std::memcpy(&header, file->data(), sizeof header);
  if (!plausible(header, codebook, file->size())) return nullptr;
  const Sections at = sectionsOf(header);
  Checksum structure;
  structure.add(file->data() + at.keys, at.residuals - at.keys);
  if (structure.value() != header.structure) return nullptr;

  const auto section = [&file](size_t offset) { return file->data() + offset; };
  SegmentArrays arrays;
  arrays.passages = header.passages;
  arrays.vectors = header.vectors;
  arrays.postingCount = header.postings;
  arrays.keys = reinterpret_cast<const uint32_t*>(section(at.keys));
  arrays.tags = reinterpret_cast<const uint32_t*>(section(at.tags));
  arrays.starts = reinterpret_cast<const uint32_t*>(section(at.starts));
  arrays.listStarts = reinterpret_cast<const uint32_t*>(section(at.listStarts));
  arrays.centroids = reinterpret_cast<const uint16_t*>(section(at.centroids));
  arrays.postings = reinterpret_cast<const uint16_t*>(section(at.postings));
  arrays.residuals = section(at.residuals);
  arrays.scales = section(at.scales);
  // A checksum tells damage; these tell a file that some other program has written: nothing may lead outside.
  if (!ascending(arrays.starts, header.passages + 1, header.vectors) ||
      !ascending(arrays.listStarts, header.centroids + 1, header.postings))
    return nullptr;
  for (size_t p = 1; p < header.passages; p++)
    if (arrays.keys[p] <= arrays.keys[p - 1]) return nullptr;
  bool inside = true;
  for (size_t v = 0; v < header.vectors; v++) inside = inside && arrays.centroids[v] < header.centroids;
  for (size_t p = 0; p < header.postings; p++) inside = inside && arrays.postings[p] < header.passages;
  if (!inside || (all && !residualsSound(path))) return nullptr;
  return std::make_shared<Segment>(codebook, arrays, file, path);
}

bool residualsSound(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (!file || file->size() < sizeof(Header)) return false;
  Header header;
  std::memcpy(&header, file->data(), sizeof header);
  const Sections at = sectionsOf(header);
  uint64_t hash = 0;
  return at.end == file->size() && hashFile(path, at.residuals, at.end - at.residuals, &hash) &&
         hash == header.residuals;
}

}  // namespace passim
