// Which inverted lists a search reads, and what a passage found in none of them is taken to score.
#pragma once

#include <cstdint>
#include <vector>

#include "index/index.h"
#include "index/query.h"

namespace passim {

struct Probe {
  uint16_t centroid;
  // Weight x (centroid score - missing estimate of the token): what a passage in this list scores above one that is not.
  float gain;
};

struct Probes {
  // For query token positive()[j]: probes[starts[j] ... starts[j + 1]), in descending order of gain.
  std::vector<Probe> probes;
  std::vector<uint32_t> starts;
  // Score of a passage that is in no list: the sum of weight x missing estimate.
  float base = 0;
};

// For each token with a positive weight, lists in descending order of their centroid's score until they hold
// `postings` entries. The missing estimate is the score of the first centroid left out: no unread vector's centroid
// scores above it (WARP, Scheerer et al. 2025; XTR, Lee et al. 2023).
Probes planProbes(const Codebook& codebook, const Query& query, const float* table, const Snapshot& snapshot,
                  size_t postings, ThreadPool& pool);

}  // namespace passim
