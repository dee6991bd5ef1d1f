#include "index/segment.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "index/mapped_file.h"

namespace passim {

Segment::Segment(const Codebook& codebook, size_t passages, size_t vectors)
    : width_(codebook.width()),
      keys_(passages),
      tags_(passages),
      starts_(passages + 1),
      centroids_(vectors),
      residuals_(vectors * codebook.width()),
      scales_(vectors),
      died_(new std::atomic<Version>[passages]) {
  starts_[0] = 0;
}

Segment::Segment(const Codebook& codebook, const SegmentArrays& arrays, std::shared_ptr<const MappedFile> file,
                 std::string path)
    : width_(codebook.width()),
      size_(arrays.passages),
      file_(std::move(file)),
      path_(std::move(path)),
      keys_(Buffer<uint32_t>::view(arrays.keys, arrays.passages)),
      tags_(Buffer<uint32_t>::view(arrays.tags, arrays.passages)),
      starts_(Buffer<uint32_t>::view(arrays.starts, arrays.passages + 1)),
      centroids_(Buffer<uint16_t>::view(arrays.centroids, arrays.vectors)),
      residuals_(Buffer<uint8_t>::view(arrays.residuals, arrays.vectors * codebook.width())),
      scales_(Buffer<uint8_t>::view(arrays.scales, arrays.vectors)),
      died_(new std::atomic<Version>[arrays.passages]),
      listStarts_(Buffer<uint32_t>::view(arrays.listStarts, codebook.size() + 1)),
      postings_(Buffer<uint16_t>::view(arrays.postings, arrays.postingCount)) {
  for (size_t p = 0; p < arrays.passages; p++) died_[p].store(kAlive, std::memory_order_relaxed);
}

SegmentArrays Segment::arrays() const {
  SegmentArrays arrays;
  arrays.passages = size_;
  arrays.vectors = vectors();
  arrays.postingCount = postings_.size();
  arrays.keys = keys_.data();
  arrays.tags = tags_.data();
  arrays.starts = starts_.data();
  arrays.listStarts = listStarts_.data();
  arrays.centroids = centroids_.data();
  arrays.postings = postings_.data();
  arrays.residuals = residuals_.data();
  arrays.scales = scales_.data();
  return arrays;
}

uint32_t Segment::append(uint32_t key, uint32_t tag, const uint16_t* centroids, const uint8_t* residuals,
                         const uint8_t* scales, size_t count) {
  const size_t start = starts_[size_];
  keys_[size_] = key;
  tags_[size_] = tag;
  std::copy_n(centroids, count, centroids_.data() + start);
  std::memcpy(residuals_.data() + start * width_, residuals, count * width_);
  std::memcpy(scales_.data() + start, scales, count);
  died_[size_].store(kAlive, std::memory_order_relaxed);
  starts_[size_ + 1] = static_cast<uint32_t>(start + count);
  return static_cast<uint32_t>(size_++);
}

std::shared_ptr<Segment> Segment::merge(const Codebook& codebook, const std::vector<Source>& sources,
                                        const std::atomic<bool>& stop) {
  size_t vectors = 0;
  for (const Source& source : sources) vectors += source.segment->count(source.passage);
  const auto merged = std::make_shared<Segment>(codebook, sources.size(), vectors);
  for (const Source& source : sources) {
    if (stop) return nullptr;
    const VectorRun run = source.segment->run(source.passage);
    merged->append(source.key, source.segment->tag(source.passage), run.rows, run.residuals, run.scales, run.count);
  }
  merged->buildLists(codebook.size());
  return merged;
}

void Segment::buildLists(size_t centroidCount) {
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> last(centroidCount, kNone);  // the passage that a centroid was last seen in
  listStarts_ = Buffer<uint32_t>(centroidCount + 1, 0);
  for (size_t passage = 0; passage < size_; passage++) {
    for (size_t v = starts_[passage]; v < starts_[passage + 1]; v++) {
      const uint16_t centroid = centroids_[v];
      if (last[centroid] == passage) continue;
      last[centroid] = static_cast<uint32_t>(passage);
      listStarts_[centroid + 1]++;
    }
  }
  for (size_t c = 0; c < centroidCount; c++) listStarts_[c + 1] += listStarts_[c];
  postings_ = Buffer<uint16_t>(listStarts_[centroidCount]);
  std::vector<uint32_t> end(listStarts_.begin(), listStarts_.end() - 1);
  std::fill(last.begin(), last.end(), kNone);
  for (size_t passage = 0; passage < size_; passage++) {
    for (size_t v = starts_[passage]; v < starts_[passage + 1]; v++) {
      const uint16_t centroid = centroids_[v];
      if (last[centroid] == passage) continue;
      last[centroid] = static_cast<uint32_t>(passage);
      postings_[end[centroid]++] = static_cast<uint16_t>(passage);
    }
  }
}

void Segment::remove(size_t passage, Version version) {
  died_[passage].store(version, std::memory_order_relaxed);
  deadPassages_++;
  deadVectors_ += count(passage);
}

size_t Segment::bytes() const {
  const size_t own = file_ ? 0 : size_ * sizeof(uint32_t) * 3 + vectors() * (sizeof(uint16_t) + width_ + 1);
  return own + size_ * sizeof(Version) + listStarts_.bytes() + postings_.bytes() + sizeof *this;
}

size_t Segment::mappedBytes() const { return file_ ? file_->size() : 0; }

}  // namespace passim
