#include "index/scorer.h"

#include <algorithm>
#include <limits>

namespace passim {
namespace {

// Vectors whose rows are computed at a time where there is no table.
constexpr size_t kPiece = 256;
constexpr size_t kRowsPerTask = 256;
// Tables of longer queries are not kept: 8 MB with 8192 centroids.
constexpr size_t kMaxKeptTokens = 256;

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

bool TableCache::Entry::isOf(const Query& query) const {
  const size_t size = query.padded() * query.view().dimension;
  return columns.size() == size && std::equal(columns.begin(), columns.end(), query.view().columns);
}

std::shared_ptr<TableCache::Entry> TableCache::lookUp(const Query& query, bool keep) {
  const std::lock_guard lock(mutex_);
  if (last_ != nullptr && last_->isOf(query)) return last_;
  if (!keep) return nullptr;
  const auto entry = std::make_shared<Entry>();
  entry->columns.assign(query.view().columns, query.view().columns + query.padded() * query.view().dimension);
  if (query.tokens() <= kMaxKeptTokens) last_ = entry;
  return entry;
}

std::shared_ptr<const float> TableCache::get(const Codebook& codebook, const Query& query, ThreadPool& pool) {
  const std::shared_ptr<Entry> entry = lookUp(query, true);
  const std::lock_guard lock(entry->making);
  if (entry->table.size() == 0) entry->table = scoreTable(codebook, query, pool);
  return {entry, entry->table.data()};
}

std::shared_ptr<const float> TableCache::find(const Query& query) {
  const std::shared_ptr<Entry> entry = lookUp(query, false);
  if (entry == nullptr) return nullptr;
  const std::lock_guard lock(entry->making);
  return entry->table.size() == 0 ? nullptr : std::shared_ptr<const float>(entry, entry->table.data());
}

Scorer::Scorer(const Codebook& codebook, const Query& query, const float* table)
    : codebook_(codebook), query_(query), table_(table), best_(query.padded()) {}

const float* Scorer::maxsim(const VectorRun& run) {
  const Kernel& kernel = codebook_.kernel();
  if (table_ != nullptr) {
    kernel.maxsim(codebook_.decoder(), query_.view(), table_, run, best_.data());
    return best_.data();
  }
  prepareRows();
  if (pieceBest_.size() == 0) pieceBest_ = Buffer<float>(query_.padded());
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

void Scorer::align(const VectorRun& run, float* similarity, uint32_t* best) {
  const Kernel& kernel = codebook_.kernel();
  const size_t padded = query_.padded();
  std::fill_n(similarity, query_.tokens(), -std::numeric_limits<float>::infinity());
  std::fill_n(best, query_.tokens(), 0);
  prepareRows();
  if (similarities_.size() == 0) similarities_ = Buffer<float>(kPiece * padded);
  for (size_t start = 0; start < run.count; start += kPiece) {
    VectorRun piece = pieceOf(run, start, codebook_.width());
    const float* rows = table_;
    if (rows == nullptr) {
      kernel.dots(codebook_.centroids(), piece.rows, piece.count, query_.view(), rows_.data());
      piece.rows = identity_.data();
      rows = rows_.data();
    }
    kernel.similarities(codebook_.decoder(), query_.view(), rows, piece, similarities_.data());
    for (size_t t = 0; t < piece.count; t++) {
      for (size_t i = 0; i < query_.tokens(); i++) {
        if (similarities_[t * padded + i] > similarity[i]) {
          similarity[i] = similarities_[t * padded + i];
          best[i] = static_cast<uint32_t>(start + t);
        }
      }
    }
  }
}

void Scorer::prepareRows() {
  if (!identity_.empty() || table_ != nullptr) return;
  for (size_t i = 0; i < kPiece; i++) identity_.push_back(static_cast<uint16_t>(i));
  rows_ = Buffer<float>(kPiece * query_.padded());
}

}  // namespace passim
