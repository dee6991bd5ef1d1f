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
  std::vector<uint8_t> inverseNorms;
  size_t count() const { return centroids.size(); }
  passim::VectorRun run() const { return {centroids.data(), residuals.data(), inverseNorms.data(), count()}; }
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
  const size_t buckets = size_t{1} << bits;
  std::vector<int8_t> codes;
  std::vector<float> cuts;
  const double scale = 0.1 / 127;
  for (size_t b = 0; b < buckets; b++) {
    const double position = 2.0 * static_cast<double>(b) / static_cast<double>(buckets - 1) - 1;
    codes.push_back(static_cast<int8_t>(std::lround(127 * position)));
    if (b > 0) cuts.push_back(static_cast<float>((codes[b] + codes[b - 1]) * 0.5 * scale));
  }
  std::vector<float> inverseNorms;
  std::vector<double> borders;
  for (int byte = 0; byte < 256; byte++) {
    inverseNorms.push_back(static_cast<float>(std::exp2((byte - 128) / 256.0)));
    if (byte < 255) borders.push_back(std::exp2(-(byte + 0.5 - 128) / 128.0));
  }
  passim::CodebookParts parts;
  parts.dimension = dimension;
  parts.bits = bits;
  parts.centroids = rows.data();
  parts.centroidValues = rows.size();
  parts.cuts = cuts.data();
  parts.cutCount = cuts.size();
  parts.codes = codes.data();
  parts.codeCount = codes.size();
  parts.scale = scale;
  parts.inverseNorms = inverseNorms.data();
  parts.inverseNormCount = inverseNorms.size();
  parts.normBorders = borders.data();
  parts.normBorderCount = borders.size();
  return std::make_shared<const passim::Codebook>(parts, kernel);
}

// Any bytes are a valid passage.
inline Passage randomPassage(Random& random, const passim::Codebook& codebook, size_t count) {
  Passage passage;
  for (size_t v = 0; v < count; v++) {
    passage.centroids.push_back(static_cast<uint16_t>(below(random, codebook.size())));
    passage.inverseNorms.push_back(static_cast<uint8_t>(random()));
  }
  for (size_t i = 0; i < count * codebook.width(); i++) passage.residuals.push_back(static_cast<uint8_t>(random()));
  return passage;
}
