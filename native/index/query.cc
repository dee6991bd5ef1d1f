#include "index/query.h"

#include <algorithm>
#include <cmath>

#include "index/codebook.h"
#include "index/error.h"

namespace passim {
namespace {

// Components and weights beyond this are refused, so that no sum of a search can overflow.
constexpr float kMaxComponent = 1024;
constexpr size_t kMaxQueryTokens = 512;

}  // namespace

QueryView Columns::fill(const float* vectors, size_t count, size_t dimension) {
  QueryView view;
  view.tokens = count;
  view.padded = (count + kBlock - 1) / kBlock * kBlock;
  view.dimension = dimension;
  if (columns_.size() < view.padded * dimension) columns_ = Buffer<float>(view.padded * dimension);
  for (size_t i = 0; i < view.padded; i++) {
    float* column = columns_.data() + (i / kBlock) * dimension * kBlock + i % kBlock;
    for (size_t d = 0; d < dimension; d++) column[d * kBlock] = i < count ? vectors[i * dimension + d] : 0;
  }
  view.columns = columns_.data();
  return view;
}

Query::Query(const Codebook& codebook, const float* vectors, size_t tokens, const float* weights) {
  const size_t dimension = codebook.dimension();
  if (tokens < 1 || tokens > kMaxQueryTokens) throw guard("query must have 1 ... 512 tokens");
  for (size_t i = 0; i < tokens * dimension; i++)
    if (!(std::fabs(vectors[i]) <= kMaxComponent)) throw guard("query holds a value that is not a vector component");
  for (size_t i = 0; i < tokens; i++) {
    const float weight = weights ? weights[i] : 1;
    if (!(std::fabs(weight) <= kMaxComponent)) throw guard("weights hold a value that is not a weight");
    weights_.push_back(weight);
    if (weight > 0) positive_.push_back(static_cast<uint32_t>(i));
  }
  view_ = columns_.fill(vectors, tokens, dimension);
  quantise(vectors, codebook.kernel().usesBytes);
}

void Query::quantise(const float* vectors, bool bytes) {
  const size_t dimension = view_.dimension;
  pairs_ = Buffer<int16_t>(view_.padded * dimension, 0);
  factors_ = Buffer<float>(view_.padded, 0);
  if (bytes) bytes_ = Buffer<int8_t>(view_.padded * dimension * 2, 0);
  for (size_t i = 0; i < view_.tokens; i++) {
    const float* vector = vectors + i * dimension;
    double largest = 0;
    double sum = 0;
    for (size_t d = 0; d < dimension; d++) {
      const double magnitude = std::fabs(static_cast<double>(vector[d]));
      largest = std::max(largest, magnitude);
      sum += magnitude;
    }
    if (largest < 1e-30) continue;
    const double scale = std::min(kMaxCode / largest, kMaxCodeSum / sum);
    factors_[i] = static_cast<float>(1 / scale);
    const size_t block = i / kBlock;
    const size_t lane = i % kBlock;
    for (size_t d = 0; d < dimension; d++) {
      const int code = static_cast<int>(std::floor(vector[d] * scale + 0.5));
      pairs_[block * dimension * kBlock + (d / 2) * kBlock * 2 + lane * 2 + d % 2] = static_cast<int16_t>(code);
      if (!bytes) continue;
      const int low = ((code + 128) & 255) - 128;
      int8_t* step = bytes_.data() + block * dimension * kBlock * 2 + (d / 4) * kBlock * 8;
      step[lane * 4 + d % 4] = static_cast<int8_t>((code - low) / 256);
      step[kBlock * 4 + lane * 4 + d % 4] = static_cast<int8_t>(low);
    }
  }
  view_.pairs = pairs_.data();
  view_.bytes = bytes_.data();
  view_.factors = factors_.data();
}

float Query::score(const float* best) const {
  double sum = 0;
  for (size_t i = 0; i < view_.tokens; i++) sum += static_cast<double>(weights_[i]) * best[i];
  return static_cast<float>(sum);
}

float Query::positiveScore(const float* best) const {
  double sum = 0;
  for (const uint32_t i : positive_) sum += static_cast<double>(weights_[i]) * best[i];
  return static_cast<float>(sum);
}

}  // namespace passim
