#include "index/scorer.h"

#include <algorithm>
#include <limits>

namespace passim {
namespace {

// Vectors whose rows are computed at a time where there is no table.
constexpr size_t kPiece = 256;
constexpr size_t kRowsPerTask = 256;

VectorRun pieceOf(const VectorRun& run, size_t start, size_t width) {
  return {run.rows + start, run.residuals + start * width, run.scales + start,
          std::min(kPiece, run.count - start)};
}

}  // namespace

Buffer<float> scoreTable(const Codebook& codebook, const Query& query, ThreadPool& pool) {
  Buffer<float> table(codebook.size() * query.padded());
  const size_t tasks = (codebook.size() + kRowsPerTask - 1) / kRowsPerTask;
  pool.parallelFor(tasks, [&](size_t, size_t task) {
    const size_t first = task * kRowsPerTask;
    const size_t count = std::min(kRowsPerTask, codebook.size() - first);
    codebook.kernel().dots(codebook.centroids() + first * codebook.dimension(), nullptr, count, query.view(),
                           table.data() + first * query.padded());
  });
  return table;
}

Scorer::Scorer(const Codebook& codebook, const Query& query, const float* table)
    : codebook_(codebook), query_(query), table_(table), best_(query.padded()) {}

const float* Scorer::maxsim(const VectorRun& run) {
  const Kernel& kernel = codebook_.kernel();
  if (table_ != nullptr) {
    kernel.maxsim(codebook_.decoder(), query_.view(), table_, run, best_.data());
    return best_.data();
  }
  if (identity_.empty()) {
    for (size_t i = 0; i < kPiece; i++) identity_.push_back(static_cast<uint16_t>(i));
    rows_ = Buffer<float>(kPiece * query_.padded());
    pieceBest_ = Buffer<float>(query_.padded());
  }
  std::fill(best_.begin(), best_.end(), -std::numeric_limits<float>::infinity());
  for (size_t start = 0; start < run.count; start += kPiece) {
    VectorRun piece = pieceOf(run, start, codebook_.width());
    kernel.dots(codebook_.centroids(), piece.rows, piece.count, query_.view(), rows_.data());
    piece.rows = identity_.data();
    kernel.maxsim(codebook_.decoder(), query_.view(), rows_.data(), piece, pieceBest_.data());
    for (size_t i = 0; i < best_.size(); i++) best_[i] = std::max(best_[i], pieceBest_[i]);
  }
  return best_.data();
}

float Scorer::centroidScore(const VectorRun& run) {
  codebook_.kernel().centroidMax(table_, query_.padded(), run.rows, run.count, best_.data());
  return query_.positiveScore(best_.data());
}

void Scorer::align(const VectorRun& run, std::vector<float>* similarity, std::vector<uint32_t>* best) {
  const size_t padded = query_.padded();
  similarity->assign(query_.tokens(), -std::numeric_limits<float>::infinity());
  best->assign(query_.tokens(), 0);
  rows_ = Buffer<float>(kPiece * padded);
  similarities_ = Buffer<float>(kPiece * padded);
  identity_.clear();
  for (size_t i = 0; i < kPiece; i++) identity_.push_back(static_cast<uint16_t>(i));
  for (size_t start = 0; start < run.count; start += kPiece) {
    VectorRun piece = pieceOf(run, start, codebook_.width());
    codebook_.kernel().dots(codebook_.centroids(), piece.rows, piece.count, query_.view(), rows_.data());
    piece.rows = identity_.data();
    codebook_.kernel().similarities(codebook_.decoder(), query_.view(), rows_.data(), piece, similarities_.data());
    for (size_t t = 0; t < piece.count; t++) {
      for (size_t i = 0; i < query_.tokens(); i++) {
        if (similarities_[t * padded + i] > (*similarity)[i]) {
          (*similarity)[i] = similarities_[t * padded + i];
          (*best)[i] = static_cast<uint32_t>(start + t);
        }
      }
    }
  }
}

}  // namespace passim
