#include "index/candidates.h"

#include <algorithm>

#include "index/error.h"

namespace passim {
namespace {

bool better(const Candidate& a, const Candidate& b) {
  if (a.estimate != b.estimate) return a.estimate > b.estimate;
  return a.scope != b.scope ? a.scope < b.scope : a.passage < b.passage;
}

void keepBest(std::vector<Candidate>* candidates, size_t wanted) {
  if (candidates->size() <= wanted) return;
  std::nth_element(candidates->begin(), candidates->begin() + wanted, candidates->end(), better);
  candidates->resize(wanted);
}

// What the inverted lists say about the passages of one sealed segment. A token's first list that holds a passage has
// the highest score for it, so later ones of the same token don't count; `seen` remembers the token.
class Accumulator {
 public:
  size_t run(const Segment& segment, const Probes& probes) {
    gains_.assign(segment.size(), 0);
    seen_.assign(segment.size(), 0);
    size_t postings = 0;
    for (size_t j = 0; j + 1 < probes.starts.size(); j++) {
      const uint16_t mark = static_cast<uint16_t>(j + 1);
      for (size_t p = probes.starts[j]; p < probes.starts[j + 1]; p++) {
        const Probe& probe = probes.probes[p];
        const uint16_t* const end = segment.listEnd(probe.centroid);
        for (const uint16_t* at = segment.listBegin(probe.centroid); at < end; at++) {
          const bool first = seen_[*at] != mark;
          seen_[*at] = mark;
          gains_[*at] += first ? probe.gain : 0;
        }
        postings += segment.listSize(probe.centroid);
      }
    }
    return postings;
  }
  float gain(size_t passage) const { return gains_[passage]; }

 private:
  std::vector<float> gains_;
  std::vector<uint16_t> seen_;
};

// Passages of a sealed, sorted segment among sorted keys.
void intersectSorted(const Segment& segment, size_t size, Version version, const std::vector<uint32_t>& allow,
                     std::vector<uint32_t>* out) {
  const uint32_t* const keys = segment.keys();
  if (size == 0) return;
  auto from = std::lower_bound(allow.begin(), allow.end(), keys[0]);
  const auto to = std::upper_bound(from, allow.end(), keys[size - 1]);
  const uint32_t* at = keys;
  for (; from != to; ++from) {
    // Keys tend to lie close together: look nearby first.
    size_t step = 1;
    while (at + step < keys + size && at[step] < *from) step *= 2;
    at = std::lower_bound(at, std::min(at + step + 1, keys + size), *from);
    if (at == keys + size) return;
    if (*at == *from && segment.visible(at - keys, version)) out->push_back(static_cast<uint32_t>(at - keys));
  }
}

}  // namespace

std::vector<Scope> scopesOf(const Snapshot& snapshot, const std::vector<uint32_t>* allow, size_t* total) {
  std::vector<Scope> scopes;
  *total = allow == nullptr ? snapshot.livePassages : 0;
  for (size_t s = 0; s < snapshot.segments->size(); s++) {
    Scope scope;
    scope.segment = (*snapshot.segments)[s].get();
    scope.size = snapshot.sizeOf(s);
    if (allow != nullptr) {
      scope.filtered = true;
      if (scope.segment->sealed()) {
        intersectSorted(*scope.segment, scope.size, snapshot.version, *allow, &scope.allowed);
      } else {
        for (size_t p = 0; p < scope.size; p++)
          if (scope.segment->visible(p, snapshot.version) &&
              std::binary_search(allow->begin(), allow->end(), scope.segment->key(p)))
            scope.allowed.push_back(static_cast<uint32_t>(p));
      }
      *total += scope.allowed.size();
    }
    scopes.push_back(std::move(scope));
  }
  return scopes;
}

std::vector<Candidate> gatherCandidates(Index& index, const Snapshot& snapshot, const std::vector<Scope>& scopes,
                                        const Query& query, const float* table, const Probes& probes, size_t wanted,
                                        const std::atomic<bool>* cancelled, SearchWork* work) {
  ThreadPool& pool = index.pool();
  std::vector<std::vector<Candidate>> found(scopes.size());
  std::vector<size_t> postings(scopes.size(), 0);
  std::vector<Accumulator> accumulators(pool.threads());
  pool.parallelFor(scopes.size(), [&](size_t slot, size_t s) {
    if (cancelled != nullptr && *cancelled) throw passim::cancelled();
    const Scope& scope = scopes[s];
    std::vector<Candidate>& candidates = found[s];
    const auto add = [&](uint32_t passage, float estimate) {
      candidates.push_back({estimate, static_cast<uint32_t>(s), passage});
    };
    if (scope.segment->sealed()) {
      Accumulator& accumulator = accumulators[slot];
      postings[s] = accumulator.run(*scope.segment, probes);
      visitScope(scope, snapshot.version, 0, rangeOf(scope),
                 [&](uint32_t passage) { add(passage, probes.base + accumulator.gain(passage)); });
    } else {
      Scorer scorer(index.codebook(), query, table);
      visitScope(scope, snapshot.version, 0, rangeOf(scope), [&](uint32_t passage) {
        add(passage, scorer.centroidScore(scope.segment->run(passage)));
      });
    }
    keepBest(&candidates, wanted);
  });
  std::vector<Candidate> all;
  for (size_t s = 0; s < scopes.size(); s++) {
    all.insert(all.end(), found[s].begin(), found[s].end());
    if (work != nullptr) work->postings += postings[s];
  }
  keepBest(&all, wanted);
  return all;
}

}  // namespace passim
