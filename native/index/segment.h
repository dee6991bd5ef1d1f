// A run of passages, in memory or mapped from a file. A segment is flat while it is written (no inverted lists, passages in order of arrival) and sealed
// after a merge (inverted lists by centroid, passages in order of their keys). Passages never change; removal only
// marks the version at which they went.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "index/buffer.h"
#include "index/codebook.h"

namespace passim {

// Position in the index's history of updates.
using Version = uint64_t;
constexpr Version kAlive = UINT64_MAX;

// Passages of a sealed segment, so that a posting takes two bytes and the scores of a segment stay in the second-level
// cache.
constexpr size_t kMaxSegmentPassages = 16384;
constexpr size_t kMaxSegmentVectors = size_t{1} << 22;

class MappedFile;

// What a sealed segment consists of, wherever it lies.
struct SegmentArrays {
  size_t passages = 0;
  size_t vectors = 0;
  size_t postingCount = 0;
  const uint32_t* keys = nullptr;
  const uint32_t* tags = nullptr;
  const uint32_t* starts = nullptr;
  const uint32_t* listStarts = nullptr;
  const uint16_t* centroids = nullptr;
  const uint16_t* postings = nullptr;
  const uint8_t* residuals = nullptr;
  const uint8_t* scales = nullptr;
};

// Where a passage comes from in a merge.
struct Source {
  uint32_t key;
  class Segment* segment;
  uint32_t passage;
};

class Segment {
 public:
  // An empty flat segment with room for so many.
  Segment(const Codebook& codebook, size_t passages, size_t vectors);

  // Sealed, over arrays that lie in `file`.
  Segment(const Codebook& codebook, const SegmentArrays& arrays, std::shared_ptr<const MappedFile> file,
          std::string path);

  // Sealed from live passages of others, which must be in ascending order of their keys. Returns null when
  // `stop` becomes true.
  static std::shared_ptr<Segment> merge(const Codebook& codebook, const std::vector<Source>& sources,
                                        const std::atomic<bool>& stop);

  bool fits(size_t vectors) const { return size_ < keys_.size() && starts_[size_] + vectors <= centroids_.size(); }
  // Appends to a flat segment and returns the passage's number.
  uint32_t append(uint32_t key, uint32_t tag, const uint16_t* centroids, const uint8_t* residuals, const uint8_t* scales,
                  size_t count);

  SegmentArrays arrays() const;
  // File that it is mapped from; empty for one in memory.
  const std::string& path() const { return path_; }

  size_t size() const { return size_; }
  size_t vectors() const { return starts_[size_]; }
  bool sealed() const { return listStarts_.size() > 0; }
  uint32_t key(size_t passage) const { return keys_[passage]; }
  const uint32_t* keys() const { return keys_.data(); }
  // What the caller gave with the passage to know its contents by.
  uint32_t tag(size_t passage) const { return tags_[passage]; }
  size_t count(size_t passage) const { return starts_[passage + 1] - starts_[passage]; }
  VectorRun run(size_t passage) const {
    const size_t start = starts_[passage];
    return {centroids_.data() + start, residuals_.data() + start * width_, scales_.data() + start,
            starts_[passage + 1] - start};
  }

  // Passages with a vector of this centroid, ascending, each once.
  const uint16_t* listBegin(size_t centroid) const { return postings_.data() + listStarts_[centroid]; }
  const uint16_t* listEnd(size_t centroid) const { return postings_.data() + listStarts_[centroid + 1]; }
  size_t listSize(size_t centroid) const { return listStarts_[centroid + 1] - listStarts_[centroid]; }

  bool visible(size_t passage, Version version) const {
    return died_[passage].load(std::memory_order_relaxed) > version;
  }
  Version died(size_t passage) const { return died_[passage].load(std::memory_order_relaxed); }
  // Under the index's lock.
  void remove(size_t passage, Version version);
  size_t livePassages() const { return size_ - deadPassages_; }
  size_t liveVectors() const { return vectors() - deadVectors_; }
  size_t deadVectors() const { return deadVectors_; }

  // Memory in use; of a flat segment the part that has been written. Mapped files do not count.
  size_t bytes() const;
  // Bytes of the mapped file.
  size_t mappedBytes() const;

 private:
  void buildLists(size_t centroidCount);

  size_t width_;
  size_t size_ = 0;
  size_t deadPassages_ = 0;
  size_t deadVectors_ = 0;
  std::shared_ptr<const MappedFile> file_;
  std::string path_;
  Buffer<uint32_t> keys_;
  Buffer<uint32_t> tags_;
  Buffer<uint32_t> starts_;
  Buffer<uint16_t> centroids_;
  Buffer<uint8_t> residuals_;
  Buffer<uint8_t> scales_;
  std::unique_ptr<std::atomic<Version>[]> died_;
  Buffer<uint32_t> listStarts_;
  Buffer<uint16_t> postings_;
};

}  // namespace passim
