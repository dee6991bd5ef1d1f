// How an index gets onto the disk and back: every sealed segment is a file.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

#include "index/index.h"
#include "index/mapped_file.h"
#include "index/segment_file.h"

namespace passim {
namespace {

// A name that no file has had: the time and a count.
std::string freshName() {
  static std::atomic<unsigned> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  char name[64];
  std::snprintf(name, sizeof name, "%016llx-%04x.segment",
                static_cast<unsigned long long>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()),
                count++ & 0xffff);
  return name;
}

}  // namespace

std::vector<std::string> Index::persist(const std::string& folder) {
  {
    const std::lock_guard lock(mutex_);
    if (segments_->back()->livePassages() > 0) freezeTail(0);
  }
  settle();
  const Snapshot now = snapshot();
  for (const auto& segment : *now.segments) {
    if (stopping_ || !segment->sealed() || !segment->path().empty() || segment->livePassages() == 0) continue;
    const std::string path = folder + "/" + freshName();
    if (!writeSegment(path, *segment, *codebook_)) break;
    const std::shared_ptr<Segment> twin = readSegment(path, *codebook_, true);
    if (!twin) {
      removeFile(path);
      break;
    }
    replace(segment, twin);
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& segment : *segments_)
    if (!segment->path().empty()) paths.push_back(segment->path());
  return paths;
}

void Index::replace(const std::shared_ptr<Segment>& segment, const std::shared_ptr<Segment>& twin) {
  std::vector<Source> sources;
  for (size_t p = 0; p < segment->size(); p++)
    sources.push_back({segment->key(p), segment.get(), static_cast<uint32_t>(p)});
  const std::lock_guard lock(mutex_);
  // It may have been merged into another meanwhile.
  if (std::find(segments_->begin(), segments_->end(), segment) == segments_->end()) return;
  publish({segment}, twin, sources);
}

Restored Index::restore(const std::vector<std::string>& paths, const std::vector<uint32_t>& keys,
                        const std::vector<uint32_t>& tags, bool all) {
  Restored restored;
  const auto alive = [&](uint32_t key, uint32_t tag) {
    const auto found = std::lower_bound(keys.begin(), keys.end(), key);
    return found != keys.end() && *found == key && tags[found - keys.begin()] == tag;
  };
  for (const std::string& path : paths) {
    const std::shared_ptr<Segment> segment = readSegment(path, *codebook_, all);
    if (!segment) {
      restored.unusable.push_back(path);
      continue;
    }
    const std::lock_guard lock(mutex_);
    version_++;
    auto next = std::make_shared<SegmentList>(*segments_);
    next->insert(next->end() - 1, segment);
    segments_ = std::move(next);
    for (size_t p = 0; p < segment->size(); p++) {
      const uint32_t key = segment->key(p);
      if (!alive(key, segment->tag(p)) || map_.find(key).segment != nullptr) {
        segment->remove(p, version_);
        continue;
      }
      map_.set(key, {segment.get(), static_cast<uint32_t>(p)});
      liveVectors_ += segment->count(p);
    }
  }
  // Files with much that is dead are rewritten.
  wake_.notify_one();
  const std::lock_guard lock(mutex_);
  for (const uint32_t key : keys)
    if (map_.find(key).segment == nullptr) restored.missing.push_back(key);
  return restored;
}

std::vector<uint32_t> Index::verify() {
  std::vector<uint32_t> lost;
  const Snapshot now = snapshot();
  for (const auto& segment : *now.segments) {
    if (stopping_ || segment->path().empty() || residualsSound(segment->path())) continue;
    for (size_t p = 0; p < segment->size(); p++)
      if (segment->visible(p, now.version) && remove(segment->key(p))) lost.push_back(segment->key(p));
  }
  return lost;
}

}  // namespace passim
