// The k best passages for a query.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "index/index.h"
#include "index/query.h"

namespace passim {

struct Hit {
  float score;
  uint32_t key;
  // Where its row of best similarities lies while a search goes on.
  uint32_t row = 0;
};

// Descending scores; of equal scores the lower key comes first.
inline bool ranksBefore(const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.key < b.key; }

struct SearchOptions {
  size_t k = 10;
  bool exhaustive = false;
  // Share of the true k best that a search is to find on average.
  double recall = 0.995;
  // Only these keys, ascending; null for all.
  const std::vector<uint32_t>* allow = nullptr;
  const std::atomic<bool>* cancelled = nullptr;
};

// What a search did, for tuning and for tests.
struct SearchWork {
  size_t scored = 0;      // passages scored exactly
  size_t estimated = 0;   // passages scored by their centroids
  size_t postings = 0;    // entries of inverted lists read
  // Milliseconds of each stage.
  double table = 0;     // scores of all centroids
  double lists = 0;     // choosing and reading inverted lists
  double estimate = 0;  // centroid interaction
  double score = 0;     // exact MaxSim
};

// Runs on the calling thread and the index's pool. `matches`, where it is not null, becomes a row of query.tokens() for
// each hit: the best similarity of each query token, whose weighted sum is the hit's score.
// Throws Error 'cancelled'.
std::vector<Hit> search(Index& index, const Snapshot& snapshot, const Query& query, const SearchOptions& options,
                        SearchWork* work = nullptr, std::vector<float>* matches = nullptr);

// Exact scores of the keys, NaN where there is none.
std::vector<float> scoreKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys);

// The best similarity of each query token in each of the keys' passages: a row of query.tokens() for each key, NaN where
// there is none.
std::vector<float> matchKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys);

struct Alignments {
  std::vector<uint8_t> found;  // one for each key: 0 when it is not there
  // A row of query.tokens() for each key: the best similarities, and the first vectors that have them.
  std::vector<float> similarity;
  std::vector<uint32_t> best;
};

Alignments alignKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys);

struct Chance {
  std::vector<float> mean;
  std::vector<float> deviation;
  size_t sampled = 0;
};

// Mean and deviation of each token's best similarity over the `sample` passages whose keys have the lowest hashes.
Chance chanceLevel(Index& index, const Snapshot& snapshot, const Query& query, size_t sample);

}  // namespace passim
