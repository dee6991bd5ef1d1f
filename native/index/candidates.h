// Which passages a search looks at: the visible and allowed ones of a snapshot, and the promising ones among them.
#pragma once

#include <cstdint>
#include <vector>

#include "index/index.h"
#include "index/probes.h"
#include "index/scorer.h"
#include "index/search.h"

namespace passim {

// Passages of one segment that a search may return.
struct Scope {
  const Segment* segment = nullptr;
  size_t size = 0;  // passages that the snapshot sees
  bool filtered = false;
  std::vector<uint32_t> allowed;  // ascending, where filtered; these are visible
};

struct Candidate {
  float estimate;
  uint32_t scope;
  uint32_t passage;
};

// One scope per segment; `total` is the number of passages that may be returned.
std::vector<Scope> scopesOf(const Snapshot& snapshot, const std::vector<uint32_t>* allow, size_t* total);

// Calls visit(passage) for each passage of the scope in [begin, end) that may be returned. For filtered scopes the
// range counts allowed passages.
template <typename Visit>
void visitScope(const Scope& scope, Version version, size_t begin, size_t end, Visit visit) {
  for (size_t p = begin; p < end; p++) {
    if (scope.filtered)
      visit(scope.allowed[p]);
    else if (scope.segment->visible(p, version))
      visit(static_cast<uint32_t>(p));
  }
}
inline size_t rangeOf(const Scope& scope) { return scope.filtered ? scope.allowed.size() : scope.size; }

// The `wanted` passages with the highest estimates: from the inverted lists in sealed segments, by centroid
// interaction in flat ones.
std::vector<Candidate> gatherCandidates(Index& index, const Snapshot& snapshot, const std::vector<Scope>& scopes,
                                        const Query& query, const float* table, const Probes& probes, size_t wanted,
                                        const std::atomic<bool>* cancelled, SearchWork* work);

}  // namespace passim
