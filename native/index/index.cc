#include "index/index.h"

#include <algorithm>

#include "index/error.h"

namespace passim {
namespace {

// Room of a flat segment. Searching one costs a look at each of its vectors, so they stay small.
constexpr size_t kTailPassages = 2048;
constexpr size_t kTailVectors = size_t{1} << 17;
// A tail with so many dead vectors is given to the merger before it is full.
constexpr size_t kTailDeadVectors = size_t{1} << 14;
constexpr size_t kMaxThreads = 8;

size_t threadCount(size_t wanted) {
  if (wanted > 0) return std::min<size_t>(wanted, 64);
  const size_t machine = std::thread::hardware_concurrency();
  return std::clamp<size_t>(machine, 1, kMaxThreads);
}

// A quarter of its vectors is dead.
bool wasteful(const Segment& segment) { return segment.deadVectors() * 4 > segment.vectors(); }

}  // namespace

Index::Index(std::shared_ptr<const Codebook> codebook, size_t threads)
    : codebook_(std::move(codebook)), pool_(threadCount(threads)) {
  segments_ = std::make_shared<const SegmentList>(
      SegmentList{std::make_shared<Segment>(*codebook_, kTailPassages, kTailVectors)});
  merger_ = std::thread([this] { mergeLoop(); });
}

Index::~Index() { stop(); }

void Index::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  settled_.notify_all();
  if (merger_.joinable()) merger_.join();
}

void Index::add(uint32_t key, uint32_t tag, const uint16_t* centroids, const uint8_t* residuals, const uint8_t* scales,
                size_t count) {
  for (size_t v = 0; v < count; v++)
    if (centroids[v] >= codebook_->size()) throw guard("multivector.centroids names a centroid that does not exist");
  const std::lock_guard lock(mutex_);
  if (!segments_->back()->fits(count)) freezeTail(count);
  version_++;
  const Location old = map_.find(key);
  Segment* const tail = segments_->back().get();
  const uint32_t passage = tail->append(key, tag, centroids, residuals, scales, count);
  map_.set(key, {tail, passage});
  liveVectors_ += count;
  if (old.segment != nullptr) retire(old);
}

bool Index::remove(uint32_t key) {
  const std::lock_guard lock(mutex_);
  const Location location = map_.find(key);
  if (location.segment == nullptr) return false;
  version_++;
  map_.erase(key);
  retire(location);
  return true;
}

bool Index::has(uint32_t key) const {
  const std::lock_guard lock(mutex_);
  return map_.find(key).segment != nullptr;
}

void Index::retire(const Location& location) {
  Segment& segment = *location.segment;
  liveVectors_ -= segment.count(location.passage);
  segment.remove(location.passage, version_);
  const bool tail = &segment == segments_->back().get();
  if (tail && (segment.deadVectors() >= kTailDeadVectors || segment.livePassages() == 0)) {
    freezeTail(0);
  } else if (!tail && !merging_ && wasteful(segment)) {
    wake_.notify_one();
  }
}

void Index::freezeTail(size_t vectors) {
  auto next = std::make_shared<SegmentList>(*segments_);
  if (next->back()->livePassages() == 0) next->pop_back();
  next->push_back(std::make_shared<Segment>(*codebook_, kTailPassages, std::max(kTailVectors, vectors)));
  segments_ = std::move(next);
  wake_.notify_one();
}

Snapshot Index::snapshotLocked() const {
  return {segments_, segments_->back()->size(), version_, map_.size(), liveVectors_};
}

Snapshot Index::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshotLocked();
}

Snapshot Index::locate(const uint32_t* keys, size_t count, std::vector<Location>* locations) const {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < count; i++) locations->push_back(map_.find(keys[i]));
  return snapshotLocked();
}

IndexCounts Index::counts() const {
  const std::lock_guard lock(mutex_);
  IndexCounts counts{map_.size(), liveVectors_, map_.bytes() + codebook_->bytes(), 0};
  for (const auto& segment : *segments_) {
    counts.bytes += segment->bytes();
    counts.mapped += segment->mappedBytes();
  }
  return counts;
}

// Chooses what to merge next: all frozen flat segments, wasteful sealed ones, and then sealed ones that are not larger
// than what is merged anyway, the smallest first.
bool Index::planMerge(SegmentList* inputs) const {
  inputs->clear();
  size_t passages = 0;
  size_t vectors = 0;
  const auto take = [&](const std::shared_ptr<Segment>& segment) {
    const bool fits = passages + segment->livePassages() <= kMaxSegmentPassages &&
                      vectors + segment->liveVectors() <= kMaxSegmentVectors;
    if (!fits && !inputs->empty()) return;
    inputs->push_back(segment);
    passages += segment->livePassages();
    vectors += segment->liveVectors();
  };
  SegmentList sealed;
  for (size_t s = 0; s + 1 < segments_->size(); s++) {
    const auto& segment = (*segments_)[s];
    if (!segment->sealed() || wasteful(*segment))
      take(segment);
    else
      sealed.push_back(segment);
  }
  if (inputs->empty()) return false;
  std::sort(sealed.begin(), sealed.end(),
            [](const auto& a, const auto& b) { return a->livePassages() < b->livePassages(); });
  for (const auto& segment : sealed)
    if (segment->livePassages() <= passages) take(segment);
  return true;
}

void Index::mergeLoop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    SegmentList inputs;
    merging_ = true;
    while (!stopping_ && planMerge(&inputs)) {
      std::vector<Source> sources;
      for (const auto& segment : inputs)
        for (size_t p = 0; p < segment->size(); p++)
          if (segment->died(p) == kAlive)
            sources.push_back({segment->key(p), segment.get(), static_cast<uint32_t>(p)});
      lock.unlock();
      // A key is alive in one place only, so the order is total.
      std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.key < b.key; });
      std::shared_ptr<Segment> merged;
      if (!sources.empty()) merged = Segment::merge(*codebook_, sources, stopping_);
      lock.lock();
      if (!stopping_) publish(inputs, merged, sources);
      // The old segments go outside the lock.
      lock.unlock();
      inputs.clear();
      lock.lock();
    }
    merging_ = false;
    settled_.notify_all();
    if (stopping_) return;
    wake_.wait(lock);
  }
}

void Index::publish(const SegmentList& inputs, const std::shared_ptr<Segment>& merged,
                    const std::vector<Source>& sources) {
  auto next = std::make_shared<SegmentList>();
  for (const auto& segment : *segments_)
    if (std::find(inputs.begin(), inputs.end(), segment) == inputs.end()) next->push_back(segment);
  if (merged) next->insert(next->end() - 1, merged);
  for (size_t p = 0; p < sources.size(); p++) {
    const Source& source = sources[p];
    const Version died = source.segment->died(source.passage);
    if (died == kAlive)
      map_.set(source.key, {merged.get(), static_cast<uint32_t>(p)});
    else
      merged->remove(p, died);  // it went while it was copied
  }
  segments_ = std::move(next);
}

void Index::settle() {
  std::unique_lock lock(mutex_);
  SegmentList pending;
  settled_.wait(lock, [&] { return stopping_ || (!merging_ && !planMerge(&pending)); });
}

}  // namespace passim
