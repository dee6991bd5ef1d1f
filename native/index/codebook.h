// Centroids of a model and the scales of residuals, with the kernel that runs on them.
#pragma once

#include <cstdint>
#include <vector>

#include "index/buffer.h"
#include "kernels/kernel.h"

namespace passim {

struct CodebookParts {
  size_t dimension = 0;
  size_t bits = 0;
  const float* centroids = nullptr;
  size_t centroidValues = 0;
  // By scale byte (16 * scale + norm): what a residual code is worth, and the inverse norm. 256 each.
  const float* scales = nullptr;
  size_t scaleCount = 0;
  const float* inverseNorms = nullptr;
  size_t inverseNormCount = 0;
  // Root mean squares of residuals where the best scale goes up by one, ascending, and squared norms of the
  // reconstruction where the inverse norm does, descending. 15 each.
  const double* scaleBorders = nullptr;
  size_t scaleBorderCount = 0;
  const double* normBorders = nullptr;
  size_t normBorderCount = 0;
};

struct CompressedVectors {
  std::vector<uint16_t> centroids;
  std::vector<uint8_t> residuals;
  std::vector<uint8_t> scales;
};

// Immutable after construction, so it is shared between threads without locks.
class Codebook {
 public:
  // Copies the parts. Throws Error 'native-guard' for parts that do not fit together.
  Codebook(const CodebookParts& parts, const Kernel& kernel);

  size_t dimension() const { return decoder_.dimension; }
  size_t size() const { return size_; }
  size_t width() const { return decoder_.width; }
  const float* centroids() const { return centroids_.data(); }
  const Decoder& decoder() const { return decoder_; }
  const Kernel& kernel() const { return kernel_; }
  size_t bytes() const { return centroids_.bytes() + sizeof *this; }

  // Nearest centroid by dot product of each vector; of equal ones the lowest.
  std::vector<uint16_t> assign(const float* vectors, size_t count) const;
  // For each vector of each passage the number of centroids that it is the nearest to of its passage's vectors; of
  // equally near ones the first. `counts` are the passages' numbers of vectors, which lie one after the other.
  std::vector<uint32_t> wins(const float* vectors, const std::vector<uint32_t>& counts) const;
  CompressedVectors compress(const float* vectors, size_t count) const;

 private:
  const Kernel& kernel_;
  Decoder decoder_;
  size_t size_;
  Buffer<float> centroids_;
  std::vector<double> scaleBorders_;
  std::vector<double> normBorders_;
};

}  // namespace passim
