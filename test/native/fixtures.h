// Codebooks and passages for the native tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "index/codebook.h"
#include "test.h"

struct Passage {
  std::vector<uint16_t> centroids;
  std::vector<uint8_t> residuals;
  std::vector<uint8_t> scales;
  size_t count() const { return centroids.size(); }
  passim::VectorRun run() const { return {centroids.data(), residuals.data(), scales.data(), count()}; }
};

inline std::vector<float> unitVector(Random& random, size_t dimension) {
  std::vector<float> vector(dimension);
  double squared = 0;
  for (float& value : vector) {
    value = uniform(random, -1, 1);
    squared += value * value;
  }
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squared + 1e-12));
  return vector;
}

inline std::vector<float> unitVectors(Random& random, size_t count, size_t dimension) {
  std::vector<float> all;
  for (size_t i = 0; i < count; i++) {
    const std::vector<float> vector = unitVector(random, dimension);
    all.insert(all.end(), vector.begin(), vector.end());
  }
  return all;
}

inline std::shared_ptr<const passim::Codebook> makeCodebook(Random& random, size_t dimension, size_t bits,
                                                            size_t centroids, const passim::Kernel& kernel) {
  const std::vector<float> rows = unitVectors(random, centroids, dimension);
  // As app/index/scale-byte.ts has them.
  const double best = bits == 2 ? 0.4978 : bits == 3 ? 0.293 : 0.1676;
  const double unit = best / 0.4978 / std::sqrt(static_cast<double>(dimension));
  std::vector<float> scales, inverseNorms;
  std::vector<double> scaleBorders, normBorders;
  for (int byte = 0; byte < 256; byte++) {
    scales.push_back(static_cast<float>(unit * std::exp2((byte / 16 - 16) / 4.0)));
    inverseNorms.push_back(static_cast<float>(std::exp2((byte % 16 - 8) / 32.0)));
  }
  for (int step = 0; step < 15; step++) {
    scaleBorders.push_back(unit * std::exp2((step + 0.5 - 16) / 4.0) / best);
    normBorders.push_back(std::exp2(-2 * (step + 0.5 - 8) / 32.0));
  }
  passim::CodebookParts parts;
  parts.dimension = dimension;
  parts.bits = bits;
  parts.centroids = rows.data();
  parts.centroidValues = rows.size();
  parts.scales = scales.data();
  parts.scaleCount = scales.size();
  parts.inverseNorms = inverseNorms.data();
  parts.inverseNormCount = inverseNorms.size();
  parts.scaleBorders = scaleBorders.data();
  parts.scaleBorderCount = scaleBorders.size();
  parts.normBorders = normBorders.data();
  parts.normBorderCount = normBorders.size();
  return std::make_shared<const passim::Codebook>(parts, kernel);
}

// Any bytes are a valid passage.
inline Passage randomPassage(Random& random, const passim::Codebook& codebook, size_t count) {
  Passage passage;
  for (size_t v = 0; v < count; v++) {
    passage.centroids.push_back(static_cast<uint16_t>(below(random, codebook.size())));
    passage.scales.push_back(static_cast<uint8_t>(random()));
  }
  for (size_t i = 0; i < count * codebook.width(); i++) passage.residuals.push_back(static_cast<uint8_t>(random()));
  return passage;
}
