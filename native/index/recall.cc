#include "index/recall.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace passim {

double expectedMisses(const std::vector<float>& estimates, const std::vector<float>& scores, size_t k) {
  const size_t scored = scores.size();
  if (scored >= estimates.size()) return 0;
  const auto remaining = static_cast<double>(estimates.size() - scored);
  if (scored <= k || k == 0) return remaining;

  double meanX = 0;
  double meanY = 0;
  for (size_t i = 0; i < scored; i++) {
    meanX += estimates[i];
    meanY += scores[i];
  }
  meanX /= static_cast<double>(scored);
  meanY /= static_cast<double>(scored);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (size_t i = 0; i < scored; i++) {
    const double x = estimates[i] - meanX;
    const double y = scores[i] - meanY;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const double slope = xx > 0 ? xy / xx : 0;
  const double variance = std::max(0.0, yy - slope * xy) / static_cast<double>(scored - 1);
  const double deviation = std::sqrt(variance) + 1e-6;

  std::vector<float> sorted(scores);
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(k - 1), sorted.end(),
                   std::greater<float>());
  const double threshold = sorted[k - 1];
  double misses = 0;
  for (size_t i = scored; i < estimates.size(); i++) {
    const double expected = meanY + slope * (estimates[i] - meanX);
    const double chance = 0.5 * std::erfc((threshold - expected) / deviation / std::sqrt(2.0));
    // Estimates only fall, so what follows is less likely still.
    if (slope >= 0 && chance < 1e-9) break;
    misses += chance;
  }
  return misses;
}

}  // namespace passim
