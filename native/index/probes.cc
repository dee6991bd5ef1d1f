#include "index/probes.h"

#include <algorithm>

namespace passim {
namespace {

// At most one centroid in this many is probed, at least kMinProbes.
constexpr size_t kProbedShare = 32;
constexpr size_t kMinProbes = 32;
// Every this many rows are looked at to guess the score that the wanted number of centroids exceeds.
constexpr size_t kSampleStep = 16;

struct Scored {
  float score;
  uint16_t centroid;
};

bool higher(const Scored& a, const Scored& b) {
  return a.score != b.score ? a.score > b.score : a.centroid < b.centroid;
}

// The `wanted` centroids with the highest score for one token, in descending order.
std::vector<Scored> topCentroids(const float* column, size_t stride, size_t count, size_t wanted) {
  std::vector<float> sample;
  for (size_t c = 0; c < count; c += kSampleStep) sample.push_back(column[c * stride]);
  // Twice the share that is wanted, so that the guess is rarely too high.
  const size_t rank = std::min(sample.size() - 1, 2 * wanted / kSampleStep + 2);
  std::nth_element(sample.begin(), sample.begin() + rank, sample.end(), std::greater<float>());
  const float threshold = sample[rank];
  std::vector<Scored> top;
  for (size_t c = 0; c < count; c++)
    if (column[c * stride] >= threshold) top.push_back({column[c * stride], static_cast<uint16_t>(c)});
  if (top.size() < wanted) {
    top.clear();
    for (size_t c = 0; c < count; c++) top.push_back({column[c * stride], static_cast<uint16_t>(c)});
  }
  if (top.size() > wanted) {
    std::nth_element(top.begin(), top.begin() + wanted, top.end(), higher);
    top.resize(wanted);
  }
  std::sort(top.begin(), top.end(), higher);
  return top;
}

size_t listSize(const Snapshot& snapshot, size_t centroid) {
  size_t size = 0;
  for (const auto& segment : *snapshot.segments)
    if (segment->sealed()) size += segment->listSize(centroid);
  return size;
}

}  // namespace

Probes planProbes(const Codebook& codebook, const Query& query, const float* table, const Snapshot& snapshot,
                  size_t postings, ThreadPool& pool) {
  const auto& tokens = query.positive();
  const size_t wanted = std::min(codebook.size(), std::max(kMinProbes, codebook.size() / kProbedShare) + 1);
  std::vector<std::vector<Probe>> perToken(tokens.size());
  std::vector<float> missing(tokens.size());
  pool.parallelFor(tokens.size(), [&](size_t, size_t j) {
    const float weight = query.weight(tokens[j]);
    const std::vector<Scored> top = topCentroids(table + tokens[j], query.padded(), codebook.size(), wanted);
    size_t read = 0;
    size_t probed = 0;
    while (probed + 1 < top.size() && read < postings) read += listSize(snapshot, top[probed++].centroid);
    missing[j] = top[probed].score;
    for (size_t p = 0; p < probed; p++)
      if (top[p].score > missing[j])
        perToken[j].push_back({top[p].centroid, weight * (top[p].score - missing[j])});
  });
  Probes plan;
  double base = 0;
  for (size_t j = 0; j < tokens.size(); j++) {
    plan.starts.push_back(static_cast<uint32_t>(plan.probes.size()));
    plan.probes.insert(plan.probes.end(), perToken[j].begin(), perToken[j].end());
    base += static_cast<double>(query.weight(tokens[j])) * missing[j];
  }
  plan.starts.push_back(static_cast<uint32_t>(plan.probes.size()));
  plan.base = static_cast<float>(base);
  return plan;
}

}  // namespace passim
