// How many of the k best a search would miss if it stopped now.
#pragma once

#include <cstddef>
#include <vector>

namespace passim {

// `estimates` are in descending order; the first scores.size() of them have been scored exactly. Returns the expected
// number of the rest that score above the k-th best so far.
//
// Exact scores are taken to follow a line over the estimates with normal deviations, both fitted to the candidates
// scored so far.
double expectedMisses(const std::vector<float>& estimates, const std::vector<float>& scores, size_t k);

}  // namespace passim
