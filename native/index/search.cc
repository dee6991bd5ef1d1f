#include "index/search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "index/candidates.h"
#include "index/error.h"
#include "index/probes.h"
#include "index/recall.h"
#include "index/scorer.h"

namespace passim {
namespace {

// Up to so many passages are all scored exactly: that takes no longer than choosing among them.
constexpr size_t kScoreAll = 512;
// Where a filter leaves fewer than one passage in so many, all that it leaves get an estimate, which is less work than
// reading the lists of all passages.
constexpr size_t kFewAllowed = 32;
constexpr size_t kPassagesPerTask = 64;
constexpr size_t kCandidatesPerTask = 16;
// Candidates that go from the inverted lists to centroid interaction, and entries of inverted lists that a query token
// reads as a share of all passages, at first. Where the estimates turn out to say little (more than half of the
// candidates had to be scored before the rest could be ruled out) both grow by kGrowth, and the search starts again.
constexpr size_t kMinCandidates = 4096;
constexpr size_t kCandidatesPerHit = 48;
constexpr double kPostingsShare = 0.25;
constexpr size_t kGrowth = 4;

// Adds the time from its making to its end to a figure.
class Stopwatch {
 public:
  explicit Stopwatch(double* milliseconds) : milliseconds_(milliseconds) {}
  ~Stopwatch() { *milliseconds_ += std::chrono::duration<double, std::milli>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double* milliseconds_;
  Clock::time_point start_ = Clock::now();
};

void check(const SearchOptions& options) {
  if (options.cancelled != nullptr && *options.cancelled) throw cancelled();
}

// Rows of best similarities, one for each hit that is kept; none at all where nobody asked for them.
class MatchRows {
 public:
  MatchRows(bool kept, size_t tokens) : tokens_(kept ? tokens : 0) {}
  void resize(size_t rows) { values_.resize(rows * tokens_); }
  void set(size_t row, const float* best) { std::copy_n(best, tokens_, values_.data() + row * tokens_); }
  void append(const MatchRows& other) { values_.insert(values_.end(), other.values_.begin(), other.values_.end()); }
  // The rows of the hits, in their order.
  std::vector<float> of(const std::vector<Hit>& hits) const {
    std::vector<float> rows;
    rows.reserve(hits.size() * tokens_);
    for (const Hit& hit : hits) {
      const auto row = values_.begin() + static_cast<std::ptrdiff_t>(hit.row * tokens_);
      rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(tokens_));
    }
    return rows;
  }

 private:
  size_t tokens_;
  std::vector<float> values_;
};

// The k best hits seen by one thread.
class TopHits {
 public:
  TopHits(size_t k, bool matches, size_t tokens) : k_(k), rows_(matches, tokens) {}
  // `best` holds the similarities that the hit's score is made of.
  void add(Hit hit, const float* best) {
    if (hits_.size() < k_) {
      hit.row = static_cast<uint32_t>(hits_.size());
      rows_.resize(hits_.size() + 1);
      hits_.push_back(hit);
      std::push_heap(hits_.begin(), hits_.end(), ranksBefore);
    } else if (ranksBefore(hit, hits_.front())) {
      hit.row = hits_.front().row;
      std::pop_heap(hits_.begin(), hits_.end(), ranksBefore);
      hits_.back() = hit;
      std::push_heap(hits_.begin(), hits_.end(), ranksBefore);
    } else {
      return;
    }
    rows_.set(hit.row, best);
  }
  const std::vector<Hit>& hits() const { return hits_; }
  const MatchRows& rows() const { return rows_; }

 private:
  size_t k_;
  MatchRows rows_;
  std::vector<Hit> hits_;
};

// The k best of the hits, and their rows.
std::vector<Hit> rank(std::vector<Hit> hits, size_t k, const MatchRows& rows, std::vector<float>* matches) {
  if (hits.size() > k) {
    std::nth_element(hits.begin(), hits.begin() + k, hits.end(), ranksBefore);
    hits.resize(k);
  }
  std::sort(hits.begin(), hits.end(), ranksBefore);
  if (matches != nullptr) *matches = rows.of(hits);
  return hits;
}

std::vector<Scorer> scorers(Index& index, const Query& query, const float* table) {
  std::vector<Scorer> each;
  for (size_t slot = 0; slot < index.pool().threads(); slot++) each.emplace_back(index.codebook(), query, table);
  return each;
}

// The table for scoring so many vectors; null where it is not there and making it is more work than doing without.
std::shared_ptr<const float> tableFor(Index& index, const Query& query, size_t vectors) {
  return vectors > index.codebook().size() ? index.tables().get(index.codebook(), query, index.pool())
                                           : index.tables().find(query);
}

// Scores every passage of the scopes.
std::vector<Hit> scoreAll(Index& index, const Snapshot& snapshot, const std::vector<Scope>& scopes,
                          const Query& query, const float* table, const SearchOptions& options,
                          std::vector<float>* matches) {
  struct Range {
    const Scope* scope;
    size_t begin;
  };
  std::vector<Range> ranges;
  for (const Scope& scope : scopes)
    for (size_t begin = 0; begin < rangeOf(scope); begin += kPassagesPerTask) ranges.push_back({&scope, begin});
  std::vector<Scorer> scorer = scorers(index, query, table);
  std::vector<TopHits> top(index.pool().threads(), TopHits(options.k, matches != nullptr, query.tokens()));
  index.pool().parallelFor(ranges.size(), [&](size_t slot, size_t r) {
    check(options);
    const Scope& scope = *ranges[r].scope;
    const size_t end = std::min(ranges[r].begin + kPassagesPerTask, rangeOf(scope));
    visitScope(scope, snapshot.version, ranges[r].begin, end, [&](uint32_t passage) {
      const float* const best = scorer[slot].maxsim(scope.segment->run(passage));
      top[slot].add({query.score(best), scope.segment->key(passage)}, best);
    });
  });
  std::vector<Hit> hits;
  MatchRows rows(matches != nullptr, query.tokens());
  for (const TopHits& part : top) {
    const auto first = static_cast<uint32_t>(hits.size());
    for (Hit hit : part.hits()) {
      hit.row += first;
      hits.push_back(hit);
    }
    rows.append(part.rows());
  }
  return rank(std::move(hits), options.k, rows, matches);
}

// Replaces the estimates from the inverted lists by centroid interaction and sorts.
void refine(Index& index, const std::vector<Scope>& scopes, std::vector<Candidate>* candidates, const Query& query,
            const float* table, const SearchOptions& options, SearchWork* work) {
  const Stopwatch watch(&work->estimate);
  work->estimated += candidates->size();
  std::vector<Scorer> scorer = scorers(index, query, table);
  const size_t tasks = (candidates->size() + kPassagesPerTask - 1) / kPassagesPerTask;
  index.pool().parallelFor(tasks, [&](size_t slot, size_t task) {
    check(options);
    const size_t end = std::min((task + 1) * kPassagesPerTask, candidates->size());
    for (size_t c = task * kPassagesPerTask; c < end; c++) {
      Candidate& candidate = (*candidates)[c];
      const Segment* const segment = scopes[candidate.scope].segment;
      candidate.estimate = scorer[slot].centroidScore(segment->run(candidate.passage));
    }
  });
  std::sort(candidates->begin(), candidates->end(), [](const Candidate& a, const Candidate& b) {
    if (a.estimate != b.estimate) return a.estimate > b.estimate;
    return a.scope != b.scope ? a.scope < b.scope : a.passage < b.passage;
  });
}

// Scores candidates exactly, the most promising first, until few of the k best can be among the rest.
std::vector<Hit> scoreCandidates(Index& index, const std::vector<Scope>& scopes,
                                 const std::vector<Candidate>& candidates, const Query& query, const float* table,
                                 const SearchOptions& options, size_t* scored, SearchWork* work,
                                 std::vector<float>* matches) {
  const Stopwatch watch(&work->score);
  std::vector<Scorer> scorer = scorers(index, query, table);
  std::vector<float> estimates;
  estimates.reserve(candidates.size());
  for (const Candidate& candidate : candidates) estimates.push_back(candidate.estimate);
  std::vector<Hit> hits;
  MatchRows rows(matches != nullptr, query.tokens());
  std::vector<float> scores;
  size_t done = 0;
  for (size_t next = std::max<size_t>(4 * options.k, 128); done < candidates.size(); next = done / 2) {
    const size_t end = std::min(candidates.size(), done + std::max<size_t>(next, kCandidatesPerTask));
    hits.resize(end);
    rows.resize(end);
    const size_t tasks = (end - done + kCandidatesPerTask - 1) / kCandidatesPerTask;
    index.pool().parallelFor(tasks, [&](size_t slot, size_t task) {
      check(options);
      const size_t from = done + task * kCandidatesPerTask;
      for (size_t c = from; c < std::min(from + kCandidatesPerTask, end); c++) {
        const Segment* const segment = scopes[candidates[c].scope].segment;
        const float* const best = scorer[slot].maxsim(segment->run(candidates[c].passage));
        hits[c] = {query.score(best), segment->key(candidates[c].passage), static_cast<uint32_t>(c)};
        rows.set(c, best);
      }
    });
    for (size_t c = done; c < end; c++) scores.push_back(hits[c].score);
    done = end;
    if (expectedMisses(estimates, scores, options.k) <= (1 - options.recall) * static_cast<double>(options.k)) break;
  }
  *scored = done;
  work->scored += done;
  return rank(std::move(hits), options.k, rows, matches);
}

// Every passage of the scopes, without an estimate.
std::vector<Candidate> everyPassage(const Snapshot& snapshot, const std::vector<Scope>& scopes) {
  std::vector<Candidate> candidates;
  for (size_t s = 0; s < scopes.size(); s++)
    visitScope(scopes[s], snapshot.version, 0, rangeOf(scopes[s]),
               [&](uint32_t passage) { candidates.push_back({0, static_cast<uint32_t>(s), passage}); });
  return candidates;
}

// Returns false when most candidates had to be scored: then others may have been left out that belong to the hits.
bool searchPruned(Index& index, const Snapshot& snapshot, const std::vector<Scope>& scopes, const Query& query,
                  const float* table, size_t wanted, size_t postings, const SearchOptions& options, SearchWork* work,
                  std::vector<Hit>* hits, std::vector<float>* matches) {
  std::vector<Candidate> candidates;
  {
    const Stopwatch watch(&work->lists);
    const Probes probes = planProbes(index.codebook(), query, table, snapshot, postings, index.pool());
    candidates = gatherCandidates(index, snapshot, scopes, query, table, probes, wanted, options.cancelled, work);
  }
  refine(index, scopes, &candidates, query, table, options, work);
  size_t scored = 0;
  *hits = scoreCandidates(index, scopes, candidates, query, table, options, &scored, work, matches);
  return 2 * scored <= candidates.size();
}

}  // namespace

std::vector<Hit> search(Index& index, const Snapshot& snapshot, const Query& query, const SearchOptions& options,
                        SearchWork* work, std::vector<float>* matches) {
  check(options);
  if (options.k == 0 || query.positive().empty()) return {};
  SearchWork unused;
  if (work == nullptr) work = &unused;
  size_t total = 0;
  const std::vector<Scope> scopes = scopesOf(snapshot, options.allow, &total);
  const Codebook& codebook = index.codebook();
  std::shared_ptr<const float> table;
  size_t wanted = std::max(kMinCandidates, options.k <= total ? kCandidatesPerHit * options.k : total);
  auto postings = static_cast<size_t>(kPostingsShare * static_cast<double>(snapshot.livePassages));
  if (!options.exhaustive && total > std::max(kScoreAll, options.k)) {
    {
      const Stopwatch watch(&work->table);
      table = index.tables().get(codebook, query, index.pool());
    }
    check(options);
    const bool few = options.allow != nullptr && total * kFewAllowed <= snapshot.livePassages;
    for (;; wanted *= kGrowth, postings *= kGrowth) {
      if (few || wanted >= total) {
        std::vector<Candidate> candidates = everyPassage(snapshot, scopes);
        refine(index, scopes, &candidates, query, table.get(), options, work);
        size_t scored = 0;
        return scoreCandidates(index, scopes, candidates, query, table.get(), options, &scored, work, matches);
      }
      std::vector<Hit> hits;
      if (searchPruned(index, snapshot, scopes, query, table.get(), wanted, postings, options, work, &hits, matches))
        return hits;
    }
  }
  const size_t vectors = snapshot.liveVectors / std::max<size_t>(1, snapshot.livePassages) * total;
  if (table == nullptr) table = tableFor(index, query, vectors);
  check(options);
  work->scored += total;
  const Stopwatch watch(&work->score);
  return scoreAll(index, snapshot, scopes, query, table.get(), options, matches);
}

namespace {

// Calls visit(i, scorer) on the pool's threads for each key that is there, with the passage's best similarities.
template <typename Visit>
void scoreEach(Index& index, const Query& query, const std::vector<uint32_t>& keys, const Visit& visit) {
  std::vector<Location> locations;
  const Snapshot snapshot = index.locate(keys.data(), keys.size(), &locations);
  size_t vectors = 0;
  for (const Location& at : locations)
    if (at.segment != nullptr) vectors += at.segment->count(at.passage);
  const std::shared_ptr<const float> table = tableFor(index, query, vectors);
  std::vector<Scorer> scorer = scorers(index, query, table.get());
  const size_t tasks = (keys.size() + kCandidatesPerTask - 1) / kCandidatesPerTask;
  index.pool().parallelFor(tasks, [&](size_t slot, size_t task) {
    const size_t end = std::min((task + 1) * kCandidatesPerTask, keys.size());
    for (size_t i = task * kCandidatesPerTask; i < end; i++)
      if (locations[i].segment != nullptr) visit(i, scorer[slot].maxsim(locations[i].segment->run(locations[i].passage)));
  });
}

}  // namespace

std::vector<float> scoreKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys) {
  std::vector<float> scores(keys.size(), std::numeric_limits<float>::quiet_NaN());
  scoreEach(index, query, keys, [&](size_t i, const float* best) { scores[i] = query.score(best); });
  return scores;
}

std::vector<float> matchKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys) {
  const size_t tokens = query.tokens();
  std::vector<float> matches(keys.size() * tokens, std::numeric_limits<float>::quiet_NaN());
  scoreEach(index, query, keys,
            [&](size_t i, const float* best) { std::copy_n(best, tokens, matches.data() + i * tokens); });
  return matches;
}

Alignments alignKeys(Index& index, const Query& query, const std::vector<uint32_t>& keys) {
  std::vector<Location> locations;
  const Snapshot snapshot = index.locate(keys.data(), keys.size(), &locations);
  const std::shared_ptr<const float> table = index.tables().find(query);
  Scorer scorer(index.codebook(), query, table.get());
  Alignments all;
  all.found.resize(keys.size());
  all.similarity.resize(keys.size() * query.tokens());
  all.best.resize(keys.size() * query.tokens());
  for (size_t i = 0; i < keys.size(); i++) {
    if (locations[i].segment == nullptr) continue;
    all.found[i] = 1;
    scorer.align(locations[i].segment->run(locations[i].passage), all.similarity.data() + i * query.tokens(),
                 all.best.data() + i * query.tokens());
  }
  return all;
}

Chance chanceLevel(Index& index, const Snapshot& snapshot, const Query& query, size_t sample) {
  const std::vector<SampledPassage> drawn = index.samples().get(snapshot, sample);
  size_t vectors = 0;
  for (const SampledPassage& passage : drawn) vectors += passage.segment->count(passage.passage);
  const std::shared_ptr<const float> table = tableFor(index, query, vectors);
  std::vector<Scorer> scorer = scorers(index, query, table.get());
  Buffer<float> best(drawn.size() * query.tokens());
  index.pool().parallelFor(drawn.size(), [&](size_t slot, size_t i) {
    std::copy_n(scorer[slot].maxsim(drawn[i].segment->run(drawn[i].passage)), query.tokens(),
                best.data() + i * query.tokens());
  });
  Chance chance;
  chance.sampled = drawn.size();
  const double count = static_cast<double>(std::max<size_t>(1, drawn.size()));
  for (size_t i = 0; i < query.tokens(); i++) {
    double sum = 0;
    double squares = 0;
    for (size_t j = 0; j < drawn.size(); j++) {
      const double value = best[j * query.tokens() + i];
      sum += value;
      squares += value * value;
    }
    const double mean = sum / count;
    chance.mean.push_back(static_cast<float>(mean));
    chance.deviation.push_back(static_cast<float>(std::sqrt(std::max(0.0, squares / count - mean * mean))));
  }
  return chance;
}

}  // namespace passim
