// Which passages tell what a query finds by chance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "index/segment.h"

namespace passim {

struct Snapshot;

struct SampledPassage {
  uint32_t hash;  // of its key
  const Segment* segment;
  uint32_t passage;
};

// The passages of a snapshot whose keys have the lowest hashes, in ascending order of these; all when there are fewer.
std::vector<SampledPassage> drawSample(const Snapshot& snapshot, size_t sample);

// Keeps the sample of the last snapshot: drawing looks at every key, and queries come oftener than passages.
class SampleCache {
 public:
  // drawSample(). The snapshot keeps the segments alive; the cache does not.
  std::vector<SampledPassage> get(const Snapshot& snapshot, size_t sample);

 private:
  std::mutex mutex_;
  std::weak_ptr<const std::vector<std::shared_ptr<Segment>>> segments_;
  size_t tailSize_ = 0;
  Version version_ = 0;
  size_t sample_ = 0;
  std::vector<SampledPassage> drawn_;
};

}  // namespace passim
