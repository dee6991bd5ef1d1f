#include "index/codebook.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/error.h"
#include "index/query.h"

namespace passim {
namespace {

// Vectors compared with the centroids at a time (their columns stay in the second-level cache) and centroids taken at
// a time (they stay there while all of those vectors pass).
constexpr size_t kVectorChunk = 128;
constexpr size_t kCentroidChunk = 128;
constexpr size_t kMaxCentroids = 65536;
// Steps of a scale and of an inverse norm; both share a byte.
constexpr size_t kSteps = 16;

bool allFinite(const float* values, size_t count, float limit) {
  for (size_t i = 0; i < count; i++)
    if (!(std::fabs(values[i]) <= limit)) return false;
  return true;
}

}  // namespace

Codebook::Codebook(const CodebookParts& parts, const Kernel& kernel) : kernel_(kernel) {
  if (parts.dimension < 8 || parts.dimension > kMaxDimension || parts.dimension % 8 != 0)
    throw guard("dimension must be a multiple of 8 up to 1024");
  if (parts.bits < 2 || parts.bits > 4) throw guard("bits must be 2, 3 or 4");
  if (parts.centroidValues == 0 || parts.centroidValues % parts.dimension != 0)
    throw guard("centroids must be whole rows");
  size_ = parts.centroidValues / parts.dimension;
  if (size_ > kMaxCentroids) throw guard("at most 65536 centroids");
  if (parts.scaleCount != 256 || parts.inverseNormCount != 256 || parts.scaleBorderCount != kSteps - 1 ||
      parts.normBorderCount != kSteps - 1)
    throw guard("tables of scales and norms have a fixed length");
  if (!allFinite(parts.centroids, parts.centroidValues, 2)) throw guard("centroids hold values beyond 2");
  if (!allFinite(parts.scales, 256, 16)) throw guard("scales hold values that are no numbers");
  if (!allFinite(parts.inverseNorms, 256, 16)) throw guard("inverse norms hold values that are no numbers");

  decoder_.bits = parts.bits;
  decoder_.dimension = parts.dimension;
  decoder_.width = parts.dimension * parts.bits / 8;
  std::copy_n(parts.scales, 256, decoder_.scales);
  std::copy_n(parts.inverseNorms, 256, decoder_.inverseNorms);
  centroids_ = Buffer<float>(parts.centroidValues);
  std::copy_n(parts.centroids, parts.centroidValues, centroids_.data());
  scaleBorders_.assign(parts.scaleBorders, parts.scaleBorders + parts.scaleBorderCount);
  normBorders_.assign(parts.normBorders, parts.normBorders + parts.normBorderCount);
  const int buckets = 1 << parts.bits;
  for (int b = 0; b < buckets; b++) decoder_.codes[b] = static_cast<int8_t>(2 * b - buckets + 1);
}

std::vector<uint16_t> Codebook::assign(const float* vectors, size_t count) const {
  std::vector<uint16_t> nearest(count);
  Columns columns;
  for (size_t start = 0; start < count; start += kVectorChunk) {
    const size_t chunk = std::min(kVectorChunk, count - start);
    const QueryView view = columns.fill(vectors + start * dimension(), chunk, dimension());
    std::vector<float> best(view.padded, -std::numeric_limits<float>::infinity());
    std::vector<uint32_t> index(view.padded, 0);
    for (size_t first = 0; first < size_; first += kCentroidChunk)
      kernel_.assign(centroids_.data(), first, std::min(kCentroidChunk, size_ - first), view, best.data(),
                     index.data());
    for (size_t v = 0; v < chunk; v++) nearest[start + v] = static_cast<uint16_t>(index[v]);
  }
  return nearest;
}

std::vector<uint32_t> Codebook::wins(const float* vectors, const std::vector<uint32_t>& counts) const {
  size_t total = 0;
  for (const uint32_t count : counts) total += count;
  std::vector<uint32_t> wins(total, 0);
  Columns columns;
  for (size_t first = 0; first < size_; first += kVectorChunk) {
    const size_t chunk = std::min(kVectorChunk, size_ - first);
    const QueryView view = columns.fill(centroids_.data() + first * dimension(), chunk, dimension());
    std::vector<float> best(view.padded);
    std::vector<uint32_t> index(view.padded);
    size_t start = 0;
    for (const uint32_t count : counts) {
      std::fill(best.begin(), best.end(), -std::numeric_limits<float>::infinity());
      std::fill(index.begin(), index.end(), 0);
      kernel_.assign(vectors + start * dimension(), 0, count, view, best.data(), index.data());
      for (size_t c = 0; c < chunk; c++) wins[start + index[c]]++;
      start += count;
    }
  }
  return wins;
}

namespace {

// The codes of a vector at one scale, and how well they do.
struct Attempt {
  uint8_t buckets[kMaxDimension];
  size_t scale = 0;
  double dot = 0;       // of the reconstruction and the vector
  double squared = 0;   // squared norm of the reconstruction
  double cosine = -2;   // with the vector, up to its length
};

// Sweeps over the dimensions in which codes are moved by one as long as that turns the reconstruction towards the
// vector.
constexpr size_t kSweeps = 2;

}  // namespace

CompressedVectors Codebook::compress(const float* vectors, size_t count) const {
  CompressedVectors out;
  out.centroids = assign(vectors, count);
  out.residuals.assign(count * width(), 0);
  out.scales.resize(count);
  const double last = static_cast<double>((1 << decoder_.bits) - 1);
  Attempt attempt, best;
  for (size_t v = 0; v < count; v++) {
    const float* vector = vectors + v * dimension();
    const float* centroid = centroids_.data() + out.centroids[v] * dimension();
    double power = 0;
    for (size_t d = 0; d < dimension(); d++) {
      const double residual = static_cast<double>(vector[d]) - centroid[d];
      power += residual * residual;
    }
    const double mean = std::sqrt(power / static_cast<double>(dimension()));
    const size_t middle = std::upper_bound(scaleBorders_.begin(), scaleBorders_.end(), mean) - scaleBorders_.begin();
    best.cosine = -2;
    // The scale that is best on average, and its neighbours: the closest to the vector is kept.
    for (size_t scale = middle == 0 ? 0 : middle - 1; scale <= middle + 1 && scale < kSteps; scale++) {
      const double step = decoder_.scales[scale * kSteps];
      const double inverse = 0.5 / step;
      double dot = 0;
      double squared = 0;
      for (size_t d = 0; d < dimension(); d++) {
        const double residual = static_cast<double>(vector[d]) - centroid[d];
        const double bucket = std::clamp(std::floor(residual * inverse) + (last + 1) / 2, 0.0, last);
        attempt.buckets[d] = static_cast<uint8_t>(bucket);
        const double value = centroid[d] + (2 * bucket - last) * step;
        dot += vector[d] * value;
        squared += value * value;
      }
      attempt.scale = scale;
      attempt.dot = dot;
      attempt.squared = squared;
      attempt.cosine = dot / std::sqrt(squared + 1e-30);
      if (attempt.cosine > best.cosine) std::swap(attempt, best);
    }
    const double step = decoder_.scales[best.scale * kSteps];
    for (size_t sweep = 0; sweep < kSweeps; sweep++) {
      for (size_t d = 0; d < dimension(); d++) {
        const double value = centroid[d] + (2 * static_cast<double>(best.buckets[d]) - last) * step;
        for (const int move : {-1, 1}) {
          const double bucket = best.buckets[d] + move;
          if (bucket < 0 || bucket > last) continue;
          const double change = 2 * step * move;
          const double dot = best.dot + vector[d] * change;
          const double squared = best.squared + change * (2 * value + change);
          if (!(dot > 0 && squared > 0 && dot * dot * best.squared > best.dot * best.dot * squared * (1 + 1e-9)))
            continue;
          best.buckets[d] = static_cast<uint8_t>(bucket);
          best.dot = dot;
          best.squared = squared;
          break;
        }
      }
    }
    uint8_t* packed = out.residuals.data() + v * width();
    const size_t bits = decoder_.bits == 3 ? 2 : decoder_.bits;
    for (size_t d = 0; d < dimension(); d++) {
      const size_t bit = d * bits;
      const int bucket = decoder_.bits == 3 ? best.buckets[d] >> 1 : best.buckets[d];
      packed[bit / 8] = static_cast<uint8_t>(packed[bit / 8] | bucket << (bit % 8));
      if (decoder_.bits != 3) continue;
      uint8_t& low = packed[dimension() / 4 + d / 8];
      low = static_cast<uint8_t>(low | (best.buckets[d] & 1) << (d % 8));
    }
    // The borders descend: the number is that of those above the squared norm.
    const auto norm = std::partition_point(normBorders_.begin(), normBorders_.end(),
                                           [&best](double border) { return best.squared < border; });
    out.scales[v] = static_cast<uint8_t>(best.scale * kSteps + (norm - normBorders_.begin()));
  }
  return out;
}

}  // namespace passim
