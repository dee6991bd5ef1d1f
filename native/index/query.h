// A query laid out for the kernels: one token per lane.
#pragma once

#include <cstdint>
#include <vector>

#include "index/buffer.h"
#include "kernels/kernel.h"

namespace passim {

class Codebook;

// Vectors transposed into blocks of kBlock lanes.
class Columns {
 public:
  // The view is valid until the next call.
  QueryView fill(const float* vectors, size_t count, size_t dimension);

 private:
  Buffer<float> columns_;
};

class Query {
 public:
  // Vectors are row-major tokens x dimension. Throws Error 'native-guard' for values that are no components.
  // `weights` may be null: then each token counts once.
  Query(const Codebook& codebook, const float* vectors, size_t tokens, const float* weights);

  const QueryView& view() const { return view_; }
  size_t tokens() const { return view_.tokens; }
  size_t padded() const { return view_.padded; }
  float weight(size_t token) const { return weights_[token]; }
  // Tokens with a positive weight; only these bring up candidates.
  const std::vector<uint32_t>& positive() const { return positive_; }

  // Weighted sum of best similarities, in double precision and rounded once.
  float score(const float* best) const;
  // The same over tokens with a positive weight.
  float positiveScore(const float* best) const;

 private:
  void quantise(const float* vectors, bool bytes);

  Columns columns_;
  Buffer<int16_t> pairs_;
  Buffer<int8_t> bytes_;
  Buffer<float> factors_;
  std::vector<float> weights_;
  std::vector<uint32_t> positive_;
  QueryView view_;
};

}  // namespace passim
