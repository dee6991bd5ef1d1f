#include "index/pooling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace passim {
namespace {

// Vectors that are clustered together: longer passages are taken in pieces, as time and memory grow with the square.
constexpr size_t kWindow = 512;
constexpr size_t kLanes = 8;

double dot(const float* a, const float* b, size_t dimension) {
  double sums[kLanes] = {};
  for (size_t d = 0; d < dimension; d += kLanes)
    for (size_t lane = 0; lane < kLanes; lane++)
      sums[lane] += static_cast<double>(a[d + lane]) * static_cast<double>(b[d + lane]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

struct Merge {
  double distance;
  size_t a, b;
};

// All merges by nearest-neighbour chains (Murtagh 1983), in no order of distance.
std::vector<Merge> chain(const float* vectors, size_t count, size_t dimension) {
  std::vector<double> distance(count * count, 0);
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      distance[i * count + j] = distance[j * count + i] =
          std::max(0.0, 2 - 2 * dot(vectors + i * dimension, vectors + j * dimension, dimension));
  std::vector<double> size(count, 1);  // 0: merged into another
  std::vector<size_t> path;
  std::vector<Merge> merges;
  while (merges.size() + 1 < count) {
    if (path.empty()) path.push_back(std::find_if(size.begin(), size.end(), [](double n) { return n > 0; }) - size.begin());
    const size_t a = path.back();
    const size_t previous = path.size() > 1 ? path[path.size() - 2] : count;
    size_t b = previous;
    double nearest = previous < count ? distance[a * count + previous] : INFINITY;
    for (size_t k = 0; k < count; k++) {
      if (k == a || size[k] == 0 || !(distance[a * count + k] < nearest)) continue;
      nearest = distance[a * count + k];
      b = k;
    }
    if (b != previous) {
      path.push_back(b);
      continue;
    }
    path.resize(path.size() - 2);
    merges.push_back({nearest, a, b});
    const size_t kept = std::min(a, b);
    const size_t gone = std::max(a, b);
    for (size_t k = 0; k < count; k++) {
      if (k == a || k == b || size[k] == 0) continue;
      // Lance and Williams' update for Ward's criterion.
      const double updated = ((size[kept] + size[k]) * distance[kept * count + k] +
                              (size[gone] + size[k]) * distance[gone * count + k] - size[k] * nearest) /
                             (size[kept] + size[gone] + size[k]);
      distance[kept * count + k] = distance[k * count + kept] = updated;
    }
    size[kept] += size[gone];
    size[gone] = 0;
  }
  return merges;
}

// For each vector the lowest one of its group.
std::vector<size_t> firstMembers(const float* vectors, size_t count, size_t dimension, size_t wanted) {
  std::vector<Merge> merges = chain(vectors, count, dimension);
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) { return a.distance < b.distance; });
  std::vector<size_t> parent(count);
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto root = [&parent](size_t i) {
    while (parent[i] != i) i = parent[i];
    return i;
  };
  for (size_t m = 0; m < count - wanted; m++) {
    const size_t a = root(merges[m].a);
    const size_t b = root(merges[m].b);
    parent[std::max(a, b)] = std::min(a, b);
  }
  for (size_t i = 0; i < count; i++) parent[i] = root(i);
  return parent;
}

}  // namespace

Pooled pool(const float* vectors, size_t count, size_t dimension, double factor) {
  Pooled pooled;
  for (size_t start = 0; start < count; start += kWindow) {
    const size_t here = std::min(kWindow, count - start);
    const float* const window = vectors + start * dimension;
    const auto wanted = static_cast<size_t>(std::ceil(static_cast<double>(here) / factor));
    const std::vector<size_t> first = firstMembers(window, here, dimension, wanted);
    std::vector<size_t> group(here);
    for (size_t i = 0; i < here; i++) {
      group[i] = first[i] == i ? pooled.count++ : group[first[i]];
      pooled.groups.push_back(static_cast<uint16_t>(group[i]));
      if (first[i] != i) continue;
      std::vector<double> sum(dimension, 0);
      for (size_t member = i; member < here; member++) {
        if (first[member] != i) continue;
        for (size_t d = 0; d < dimension; d++) sum[d] += window[member * dimension + d];
      }
      double squared = 0;
      for (const double value : sum) squared += value * value;
      const double inverse = squared < 1e-12 ? 0 : 1 / std::sqrt(squared);
      // Vectors that cancel out are stood for by the first.
      for (size_t d = 0; d < dimension; d++)
        pooled.vectors.push_back(inverse == 0 ? window[i * dimension + d] : static_cast<float>(sum[d] * inverse));
    }
  }
  return pooled;
}

}  // namespace passim
