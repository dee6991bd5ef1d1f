// Exact MaxSim of single passages.
#pragma once

#include <cstdint>
#include <vector>

#include "index/buffer.h"
#include "index/codebook.h"
#include "index/query.h"
#include "index/thread_pool.h"

namespace passim {

// Dot products of all centroids with all query tokens: row per centroid, query.padded() columns.
Buffer<float> scoreTable(const Codebook& codebook, const Query& query, ThreadPool& pool);

// One thread's means of scoring passages. Without a table it computes the rows that a passage needs; both ways give
// the same numbers.
class Scorer {
 public:
  // `table` may be null.
  Scorer(const Codebook& codebook, const Query& query, const float* table);

  // best[i] = highest similarity of query token i; valid until the next call. padded() values.
  const float* maxsim(const VectorRun& run);
  // Weighted sum of the above.
  float score(const VectorRun& run) { return query_.score(maxsim(run)); }
  // PLAID's centroid interaction: MaxSim over centroids alone, over tokens with a positive weight. Needs the table.
  float centroidScore(const VectorRun& run);
  // The best similarity of each query token and the first vector that has it.
  void align(const VectorRun& run, std::vector<float>* similarity, std::vector<uint32_t>* best);

 private:
  const Codebook& codebook_;
  const Query& query_;
  const float* table_;
  Buffer<float> best_;
  Buffer<float> pieceBest_;
  Buffer<float> rows_;
  Buffer<float> similarities_;
  std::vector<uint16_t> identity_;
};

}  // namespace passim
