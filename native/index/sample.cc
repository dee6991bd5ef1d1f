#include "index/sample.h"

#include <algorithm>

#include "index/index.h"

namespace passim {

std::vector<SampledPassage> drawSample(const Snapshot& snapshot, size_t sample) {
  std::vector<SampledPassage> drawn;
  // Hashes are evenly spread: this bound lets about twice the sample through, and all if that is too few.
  const double share = 2.0 * static_cast<double>(sample + 16) / static_cast<double>(snapshot.livePassages + 1);
  const auto draw = [&](uint64_t bound) {
    drawn.clear();
    for (size_t s = 0; s < snapshot.segments->size(); s++) {
      const Segment& segment = *(*snapshot.segments)[s];
      for (size_t p = 0; p < snapshot.sizeOf(s); p++) {
        const uint32_t hash = mixKey(segment.key(p));
        if (hash < bound && segment.visible(p, snapshot.version))
          drawn.push_back({hash, &segment, static_cast<uint32_t>(p)});
      }
    }
  };
  constexpr uint64_t kAll = uint64_t{1} << 32;
  if (share < 1) draw(static_cast<uint64_t>(share * static_cast<double>(kAll)));
  if (drawn.size() < sample) draw(kAll);
  std::sort(drawn.begin(), drawn.end(),
            [](const SampledPassage& a, const SampledPassage& b) { return a.hash < b.hash; });
  if (drawn.size() > sample) drawn.resize(sample);
  return drawn;
}

std::vector<SampledPassage> SampleCache::get(const Snapshot& snapshot, size_t sample) {
  {
    const std::lock_guard lock(mutex_);
    // An expired list compares unequal: a snapshot always has one.
    if (segments_.lock() == snapshot.segments && tailSize_ == snapshot.tailSize && version_ == snapshot.version &&
        sample_ == sample)
      return drawn_;
  }
  std::vector<SampledPassage> drawn = drawSample(snapshot, sample);
  const std::lock_guard lock(mutex_);
  segments_ = snapshot.segments;
  tailSize_ = snapshot.tailSize;
  version_ = snapshot.version;
  sample_ = sample;
  drawn_ = drawn;
  return drawn;
}

}  // namespace passim
