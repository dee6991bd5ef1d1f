// Exact MaxSim of single passages.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "index/buffer.h"
#include "index/codebook.h"
#include "index/query.h"
#include "index/thread_pool.h"

namespace passim {

// Dot products of all centroids with all query tokens: row per centroid, query.padded() columns.
Buffer<float> scoreTable(const Codebook& codebook, const Query& query, ThreadPool& pool);

// Keeps the table of the last query: one search asks for it several times, from several threads.
class TableCache {
 public:
  // The table of the query, which is made unless it is there or being made.
  std::shared_ptr<const float> get(const Codebook& codebook, const Query& query, ThreadPool& pool);
  // The same, null where it would have to be made.
  std::shared_ptr<const float> find(const Query& query);

 private:
  struct Entry {
    std::vector<float> columns;
    std::mutex making;
    Buffer<float> table;
    bool isOf(const Query& query) const;
  };
  std::shared_ptr<Entry> lookUp(const Query& query, bool keep);

  std::mutex mutex_;
  std::shared_ptr<Entry> last_;
};

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
  // The best similarity of each query token and the first vector that has it; query.tokens() values each.
  void align(const VectorRun& run, float* similarity, uint32_t* best);

 private:
  void prepareRows();

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
