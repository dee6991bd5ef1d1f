// Token pooling: close token vectors of a passage become one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace passim {

struct Pooled {
  std::vector<float> vectors;     // row-major, normalised means
  std::vector<uint16_t> groups;   // for each vector that came in, the one that stands for it
  size_t count = 0;
};

// Hierarchical clustering by Ward's criterion (Clavié, Chaffin and Adams 2024) into ceil(count / factor) groups, in
// the order of their first members. app/index/pooling.ts does the same to the bit. `vectors` are of unit length,
// `count` at most 65535, `dimension` a multiple of 8, `factor` at least 1.
Pooled pool(const float* vectors, size_t count, size_t dimension, double factor);

}  // namespace passim
