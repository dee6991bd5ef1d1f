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

bool allFinite(const float* values, size_t count, float limit) {
  for (size_t i = 0; i < count; i++)
    if (!(std::fabs(values[i]) <= limit)) return false;
  return true;
}

}  // namespace

Codebook::Codebook(const CodebookParts& parts, const Kernel& kernel) : kernel_(kernel), scale_(parts.scale) {
  if (parts.dimension < 8 || parts.dimension > kMaxDimension || parts.dimension % 8 != 0)
    throw guard("dimension must be a multiple of 8 up to 1024");
  if (parts.bits != 2 && parts.bits != 4) throw guard("bits must be 2 or 4");
  const size_t buckets = size_t{1} << parts.bits;
  if (parts.centroidValues == 0 || parts.centroidValues % parts.dimension != 0)
    throw guard("centroids must be whole rows");
  size_ = parts.centroidValues / parts.dimension;
  if (size_ > kMaxCentroids) throw guard("at most 65536 centroids");
  if (parts.cutCount != buckets - 1 || parts.codeCount != buckets) throw guard("cuts or codes do not fit the bits");
  if (parts.inverseNormCount != 256 || parts.normBorderCount != 255) throw guard("inverse norm tables have a fixed length");
  if (!(parts.scale > 0) || !std::isfinite(parts.scale)) throw guard("scale must be above 0");
  if (!allFinite(parts.centroids, parts.centroidValues, 2)) throw guard("centroids hold values beyond 2");
  if (!allFinite(parts.cuts, parts.cutCount, 16)) throw guard("cuts hold values that are no numbers");
  if (!allFinite(parts.inverseNorms, 256, 16)) throw guard("inverse norms hold values that are no numbers");

  decoder_.bits = parts.bits;
  decoder_.dimension = parts.dimension;
  decoder_.width = parts.dimension * parts.bits / 8;
  std::copy_n(parts.inverseNorms, 256, decoder_.inverseNorms);
  centroids_ = Buffer<float>(parts.centroidValues);
  std::copy_n(parts.centroids, parts.centroidValues, centroids_.data());
  cuts_.assign(parts.cuts, parts.cuts + parts.cutCount);
  normBorders_.assign(parts.normBorders, parts.normBorders + parts.normBorderCount);
  for (size_t b = 0; b < buckets; b++) {
    if (parts.codes[b] < -127) throw guard("codes must be -127 ... 127");
    decoder_.codes[b] = parts.codes[b];
    values_.push_back(static_cast<float>(parts.codes[b] * parts.scale));
  }
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

CompressedVectors Codebook::compress(const float* vectors, size_t count) const {
  CompressedVectors out;
  out.centroids = assign(vectors, count);
  out.residuals.assign(count * width(), 0);
  out.inverseNorms.resize(count);
  for (size_t v = 0; v < count; v++) {
    const float* vector = vectors + v * dimension();
    const float* centroid = centroids_.data() + out.centroids[v] * dimension();
    uint8_t* packed = out.residuals.data() + v * width();
    double squared = 0;
    for (size_t d = 0; d < dimension(); d++) {
      const float residual = vector[d] - centroid[d];
      unsigned bucket = 0;
      for (const float cut : cuts_) bucket += cut < residual;
      const float value = centroid[d] + values_[bucket];
      squared += static_cast<double>(value) * value;
      const size_t bit = d * decoder_.bits;
      packed[bit / 8] = static_cast<uint8_t>(packed[bit / 8] | bucket << (bit % 8));
    }
    // The borders descend: the byte is the number of those above the squared norm.
    const auto below = std::partition_point(normBorders_.begin(), normBorders_.end(),
                                            [squared](double border) { return squared < border; });
    out.inverseNorms[v] = static_cast<uint8_t>(below - normBorders_.begin());
  }
  return out;
}

}  // namespace passim
