// The index: segments, the map from keys to passages, and a thread that merges.
//
// Updates come from one thread at a time and take microseconds: a new passage goes to the end of the flat segment at
// the tail, a removed one is marked with the version at which it went. A thread of the index's own merges flat segments
// into sealed ones of twice the size (a logarithmic method: each vector is copied a few times in its life), rewrites
// segments of which a quarter is dead, and puts the result in place under the lock. A search works on a snapshot:
// the segments, how far the tail went, and the version; it sees exactly the passages of that moment, whatever is
// updated or merged meanwhile, and keeps its segments alive until it ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "index/codebook.h"
#include "index/key_map.h"
#include "index/sample.h"
#include "index/scorer.h"
#include "index/segment.h"
#include "index/thread_pool.h"

namespace passim {

using SegmentList = std::vector<std::shared_ptr<Segment>>;

// The passages of one moment.
struct Snapshot {
  std::shared_ptr<const SegmentList> segments;  // the tail is the last
  size_t tailSize = 0;
  Version version = 0;
  size_t livePassages = 0;
  size_t liveVectors = 0;

  size_t sizeOf(size_t segment) const {
    return segment + 1 == segments->size() ? tailSize : (*segments)[segment]->size();
  }
};

struct IndexCounts {
  size_t passages = 0;
  size_t vectors = 0;
  size_t bytes = 0;   // memory of its own
  size_t mapped = 0;  // bytes of mapped files
};

// What restoring left to be done.
struct Restored {
  std::vector<std::string> unusable;  // files
  std::vector<uint32_t> missing;      // keys that are not in the index
};

class Index {
 public:
  // `threads` that one search may use; 0 takes what the machine has, at most 8.
  Index(std::shared_ptr<const Codebook> codebook, size_t threads);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  const Codebook& codebook() const { return *codebook_; }
  ThreadPool& pool() { return pool_; }
  TableCache& tables() { return tables_; }
  SampleCache& samples() { return samples_; }

  // Adds or replaces. `tag` is kept with the passage for reconcile(). The arrays must fit the codebook; throws Error
  // 'native-guard' for a centroid that it lacks.
  void add(uint32_t key, uint32_t tag, const uint16_t* centroids, const uint8_t* residuals, const uint8_t* scales,
           size_t count);
  bool remove(uint32_t key);
  bool has(uint32_t key) const;

  Snapshot snapshot() const;
  // Where the keys lie now, with the snapshot that keeps them there.
  Snapshot locate(const uint32_t* keys, size_t count, std::vector<Location>* locations) const;
  IndexCounts counts() const;

  // Seals what is there, writes each sealed segment that is not on the disk yet to a file of its own in `folder`, and
  // goes on with the mapped file in its place, so that the system may drop its pages. Returns the paths of all files
  // that the index now lies in. What can't be written stays in memory. Blocks; one call at a time.
  std::vector<std::string> persist(const std::string& folder);
  // Adds those passages of the files that are among `keys` (ascending) with the same tag. `all` reads and checks every
  // byte of the files.
  Restored restore(const std::vector<std::string>& paths, const std::vector<uint32_t>& keys,
                   const std::vector<uint32_t>& tags, bool all);
  // Checks the residuals in the mapped files, removes the passages of those that are damaged and returns their keys.
  std::vector<uint32_t> verify();

  // Blocks until nothing is left to merge.
  void settle();
  // Stops merging; searches in progress end undisturbed.
  void stop();

 private:
  struct Task;
  Snapshot snapshotLocked() const;
  void retire(const Location& location);
  void freezeTail(size_t vectors);
  void replace(const std::shared_ptr<Segment>& segment, const std::shared_ptr<Segment>& twin);
  bool planMerge(SegmentList* inputs) const;
  void mergeLoop();
  void publish(const SegmentList& inputs, const std::shared_ptr<Segment>& merged, const std::vector<Source>& sources);

  const std::shared_ptr<const Codebook> codebook_;
  ThreadPool pool_;
  TableCache tables_;
  SampleCache samples_;

  mutable std::mutex mutex_;  // guards everything below, and the growth of the tail
  std::shared_ptr<const SegmentList> segments_;
  KeyMap map_;
  Version version_ = 0;
  size_t liveVectors_ = 0;
  bool merging_ = false;

  std::condition_variable wake_;
  std::condition_variable settled_;
  std::atomic<bool> stopping_{false};
  std::thread merger_;
};

}  // namespace passim
