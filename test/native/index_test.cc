// The index against a plain map, while it merges, and from several threads.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "fixtures.h"
#include "index/error.h"
#include "index/index.h"
#include "index/recall.h"
#include "index/scorer.h"
#include "index/search.h"

using namespace passim;

namespace {

const Kernel& bestKernel() { return *chooseKernel(""); }

void add(Index& index, uint32_t key, const Passage& passage) {
  index.add(key, key ^ 5, passage.centroids.data(), passage.residuals.data(), passage.scales.data(), passage.count());
}

std::vector<Hit> bruteForce(const Codebook& codebook, const Query& query, const std::map<uint32_t, Passage>& passages,
                            size_t k) {
  std::vector<Hit> hits;
  Scorer scorer(codebook, query, nullptr);
  for (const auto& [key, passage] : passages) hits.push_back({scorer.score(passage.run()), key});
  std::sort(hits.begin(), hits.end(), ranksBefore);
  if (hits.size() > k) hits.resize(k);
  return hits;
}

bool same(const std::vector<Hit>& a, const std::vector<Hit>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (a[i].key != b[i].key || a[i].score != b[i].score) return false;
  return true;
}

// Whether a search hands back the similarities that its scores are made of.
bool matchesAgree(Index& index, const Query& query, const SearchOptions& options) {
  std::vector<float> matches;
  const std::vector<Hit> hits = search(index, index.snapshot(), query, options, nullptr, &matches);
  if (!same(hits, search(index, index.snapshot(), query, options))) return false;
  std::vector<uint32_t> keys;
  for (const Hit& hit : hits) keys.push_back(hit.key);
  for (size_t i = 0; i < hits.size(); i++)
    if (query.score(matches.data() + i * query.tokens()) != hits[i].score) return false;
  return matches == matchKeys(index, query, keys);
}

// Passages around topics: vectors near a few centroids each, so that search has something to find.
Passage topicalPassage(Random& random, const Codebook& codebook, size_t topic, size_t count) {
  const size_t dimension = codebook.dimension();
  std::vector<float> vectors;
  Random words(static_cast<unsigned>(topic));
  std::vector<size_t> vocabulary;
  for (size_t w = 0; w < 12; w++) vocabulary.push_back(below(words, codebook.size()));
  for (size_t v = 0; v < count; v++) {
    const size_t word = below(random, 3) == 0 ? below(random, codebook.size()) : vocabulary[below(random, 12)];
    double squared = 0;
    std::vector<float> vector(dimension);
    for (size_t d = 0; d < dimension; d++) {
      vector[d] = codebook.centroids()[word * dimension + d] + uniform(random, -0.06f, 0.06f);
      squared += vector[d] * vector[d];
    }
    for (float& value : vector) value = static_cast<float>(value / std::sqrt(squared));
    vectors.insert(vectors.end(), vector.begin(), vector.end());
  }
  CompressedVectors compressed = codebook.compress(vectors.data(), count);
  return {compressed.centroids, compressed.residuals, compressed.scales};
}

// Query vectors near the centroids of a passage on a topic.
std::vector<float> topicalQuery(Random& random, const Codebook& codebook, size_t topic, size_t count) {
  const size_t dimension = codebook.dimension();
  const Passage source = topicalPassage(random, codebook, topic, count);
  std::vector<float> vectors;
  for (size_t v = 0; v < count; v++)
    for (size_t d = 0; d < dimension; d++)
      vectors.push_back(codebook.centroids()[source.centroids[v] * dimension + d] + uniform(random, -0.05f, 0.05f));
  return vectors;
}

}  // namespace

TEST(index_follows_a_map_through_random_updates) {
  for (const size_t bits : {2, 3, 4}) {
    Random random(static_cast<unsigned>(5 + bits));
    const auto codebook = makeCodebook(random, 48, bits, 257, bestKernel());
    Index index(codebook, 2);
    std::map<uint32_t, Passage> model;
    for (size_t step = 0; step < 6000; step++) {
      const auto key = static_cast<uint32_t>(below(random, 900) * 77777777u);
      if (below(random, 3) == 0) {
        EXPECT(index.remove(key) == (model.erase(key) > 0), "remove");
      } else {
        Passage passage = randomPassage(random, *codebook, 1 + below(random, step % 100 == 0 ? 300 : 60));
        add(index, key, passage);
        model[key] = std::move(passage);
      }
      if (step % 300 != 299) continue;
      if (step % 1200 == 299) index.settle();
      const std::vector<float> vectors = unitVectors(random, 9, 48);
      const Query query(*codebook, vectors.data(), 9, nullptr);
      SearchOptions options;
      options.k = 25;
      options.exhaustive = true;
      EXPECT(same(search(index, index.snapshot(), query, options), bruteForce(*codebook, query, model, 25)),
             "exhaustive search at step %zu", step);
      EXPECT(matchesAgree(index, query, options), "matches of an exhaustive search at step %zu", step);
      const IndexCounts counts = index.counts();
      size_t modelVectors = 0;
      for (const auto& [k, passage] : model) modelVectors += passage.count();
      EXPECT(counts.passages == model.size() && counts.vectors == modelVectors, "counts at step %zu", step);

      std::vector<uint32_t> allow;
      std::map<uint32_t, Passage> allowed;
      for (const auto& [k, passage] : model) {
        if (below(random, 3) != 0) continue;
        allow.push_back(k);
        allowed[k] = passage;
      }
      allow.push_back(4294967295u);  // not there
      options.allow = &allow;
      EXPECT(same(search(index, index.snapshot(), query, options), bruteForce(*codebook, query, allowed, 25)),
             "filtered search at step %zu", step);
      EXPECT(matchesAgree(index, query, options), "matches of a filtered search at step %zu", step);
      std::vector<uint32_t> keys{12345};
      for (const auto& [k, passage] : model) keys.push_back(k);
      const std::vector<float> scores = scoreKeys(index, query, keys);
      EXPECT(std::isnan(scores[0]) == (model.count(12345) == 0), "a missing key");
      Scorer scorer(*codebook, query, nullptr);
      const Alignments aligned = alignKeys(index, query, keys);
      std::vector<float> similarity(query.tokens());
      std::vector<uint32_t> best(query.tokens());
      for (size_t i = 1; i < keys.size(); i++) {
        EXPECT(scores[i] == scorer.score(model[keys[i]].run()), "score of key %u", keys[i]);
        scorer.align(model[keys[i]].run(), similarity.data(), best.data());
        const size_t row = i * query.tokens();
        EXPECT(aligned.found[i] == 1 && std::equal(best.begin(), best.end(), aligned.best.begin() + row) &&
                   std::equal(similarity.begin(), similarity.end(), aligned.similarity.begin() + row),
               "alignment of key %u", keys[i]);
      }
    }
  }
}

TEST(pruned_search_finds_what_exhaustive_search_finds) {
  Random random(21);
  const auto codebook = makeCodebook(random, 96, 4, 512, bestKernel());
  Index index(codebook, 2);
  for (uint32_t key = 0; key < 7000; key++) add(index, key, topicalPassage(random, *codebook, key % 400, 16));
  index.settle();
  size_t found = 0;
  size_t wanted = 0;
  size_t scored = 0;
  for (size_t q = 0; q < 40; q++) {
    const std::vector<float> vectors = topicalQuery(random, *codebook, q * 7, 8);
    const Query query(*codebook, vectors.data(), 8, nullptr);
    SearchOptions options;
    SearchWork work;
    const std::vector<Hit> pruned = search(index, index.snapshot(), query, options, &work);
    EXPECT(matchesAgree(index, query, options), "matches of a pruned search");
    options.exhaustive = true;
    const std::vector<Hit> truth = search(index, index.snapshot(), query, options);
    scored += work.scored;
    std::set<uint32_t> keys;
    for (const Hit& hit : truth) keys.insert(hit.key);
    for (const Hit& hit : pruned) found += keys.count(hit.key);
    wanted += truth.size();
  }
  std::printf("     recall@10 %.4f, %.0f of 7000 passages scored exactly\n",
              static_cast<double>(found) / static_cast<double>(wanted), static_cast<double>(scored) / 40);
  EXPECT(wanted == 400, "%zu hits wanted", wanted);
  EXPECT(static_cast<double>(found) >= 0.99 * static_cast<double>(wanted), "%zu of %zu found", found, wanted);
  EXPECT(scored < 40 * 3500, "%zu passages scored: that is no pruning", scored);
}

TEST(searches_see_the_moment_they_were_asked) {
  Random random(31);
  const auto codebook = makeCodebook(random, 48, 4, 256, bestKernel());
  Index index(codebook, 2);
  std::map<uint32_t, Passage> model;
  for (uint32_t key = 0; key < 5000; key++) {
    model[key] = randomPassage(random, *codebook, 10);
    add(index, key, model[key]);
  }
  const std::vector<float> vectors = unitVectors(random, 5, 48);
  const Query query(*codebook, vectors.data(), 5, nullptr);
  const Snapshot before = index.snapshot();
  const std::vector<Hit> expected = bruteForce(*codebook, query, model, 50);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<size_t> searches{0};
  for (size_t t = 0; t < 2; t++) {
    readers.emplace_back([&] {
      SearchOptions options;
      options.k = 50;
      options.exhaustive = true;
      do {
        EXPECT(same(search(index, before, query, options), expected), "an old snapshot changed");
        const Snapshot now = index.snapshot();
        options.k = 10;
        const std::vector<Hit> hits = search(index, now, query, options);
        EXPECT(hits.size() == std::min<size_t>(10, now.livePassages), "a snapshot of %zu gave %zu", now.livePassages,
               hits.size());
        options.k = 50;
        searches++;
      } while (!done);
    });
  }
  for (size_t step = 0; step < 20000; step++) {
    const auto key = static_cast<uint32_t>(below(random, 6000));
    if (step % 2 == 0)
      index.remove(key);
    else
      add(index, key, randomPassage(random, *codebook, 1 + below(random, 20)));
  }
  index.settle();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT(searches >= 2, "no search ran");
}

TEST(memory_follows_the_live_passages) {
  Random random(41);
  const auto codebook = makeCodebook(random, 96, 4, 512, bestKernel());
  Index index(codebook, 1);
  const size_t empty = index.counts().bytes;
  const Passage passage = randomPassage(random, *codebook, 40);
  for (uint32_t key = 0; key < 20000; key++) add(index, key, passage);
  index.settle();
  const size_t full = index.counts().bytes - empty;
  EXPECT(full >= 20000 * 40 * 51, "bytes are not counted");
  EXPECT(full <= 20000 * 40 * 51 * 1.3, "%zu bytes for %d of vectors", full, 20000 * 40 * 51);
  for (uint32_t key = 0; key < 20000; key++)
    if (key % 10 != 0) index.remove(key);
  index.settle();
  const size_t left = index.counts().bytes - empty;
  EXPECT(left <= full / 5, "%zu of %zu bytes are left for a tenth of the passages", left, full);
  for (size_t round = 0; round < 40; round++)
    for (uint32_t key = 0; key < 2000; key += 10) add(index, key, passage);
  index.settle();
  EXPECT(index.counts().bytes - empty <= full / 4, "replacing leaves %zu bytes", index.counts().bytes - empty);
  for (uint32_t key = 0; key < 20000; key++) index.remove(key);
  index.settle();
  EXPECT(index.counts().bytes - empty <= full / 100, "%zu bytes are left of %zu", index.counts().bytes - empty, full);
  EXPECT(index.counts().passages == 0, "passages are left");
}

TEST(searches_can_be_cancelled) {
  Random random(51);
  const auto codebook = makeCodebook(random, 48, 4, 64, bestKernel());
  Index index(codebook, 2);
  for (uint32_t key = 0; key < 3000; key++) add(index, key, randomPassage(random, *codebook, 5));
  const std::vector<float> vectors = unitVectors(random, 3, 48);
  const Query query(*codebook, vectors.data(), 3, nullptr);
  const std::atomic<bool> stop{true};
  SearchOptions options;
  options.cancelled = &stop;
  for (const bool exhaustive : {true, false}) {
    options.exhaustive = exhaustive;
    bool thrown = false;
    try {
      search(index, index.snapshot(), query, options);
    } catch (const Error& error) {
      thrown = std::string(error.code()) == "cancelled";
    }
    EXPECT(thrown, "the search went on");
  }
}

TEST(long_passages_and_large_k_are_safe) {
  Random random(61);
  const auto codebook = makeCodebook(random, 16, 2, 100, bestKernel());
  Index index(codebook, 2);
  std::map<uint32_t, Passage> model;
  for (uint32_t key = 0; key < 5; key++) {
    model[key] = randomPassage(random, *codebook, key == 2 ? 65535 : 700);
    add(index, key, model[key]);
  }
  add(index, 9, randomPassage(random, *codebook, 65535));
  add(index, 9, randomPassage(random, *codebook, 65535));
  add(index, 9, randomPassage(random, *codebook, 3));
  index.remove(9);
  index.settle();
  const std::vector<float> vectors = unitVectors(random, 33, 16);
  const Query query(*codebook, vectors.data(), 33, nullptr);
  SearchOptions options;
  options.k = 4000000000u;
  EXPECT(same(search(index, index.snapshot(), query, options), bruteForce(*codebook, query, model, 10)), "k beyond all");
  options.k = 0;
  EXPECT(search(index, index.snapshot(), query, options).empty(), "k = 0");
  const Alignments all = alignKeys(index, query, {2, 9, 1});
  EXPECT(all.found == std::vector<uint8_t>({1, 0, 1}), "a removed key is found, or another is not");
  EXPECT(query.score(all.similarity.data()) == scoreKeys(index, query, {2})[0], "alignment does not add up to the score");
}

TEST(a_table_is_kept_for_the_last_query_only) {
  Random random(83);
  const auto codebook = makeCodebook(random, 16, 4, 64, bestKernel());
  ThreadPool pool(2);
  const std::vector<float> vectors = unitVectors(random, 20, 16);
  const std::vector<float> weights(20, 0.5f);
  const Query first(*codebook, vectors.data(), 20, nullptr);
  const Query weighted(*codebook, vectors.data(), 20, weights.data());
  const Query second(*codebook, vectors.data(), 19, nullptr);
  TableCache tables;
  EXPECT(tables.find(first) == nullptr, "a table that nobody made");
  const std::shared_ptr<const float> table = tables.get(*codebook, first, pool);
  const Buffer<float> plain = scoreTable(*codebook, first, pool);
  EXPECT(std::equal(table.get(), table.get() + codebook->size() * first.padded(), plain.data()), "the table");
  EXPECT(tables.find(weighted) == table && tables.get(*codebook, weighted, pool) == table, "weights change no table");
  EXPECT(tables.find(second) == nullptr, "another query's table");
  EXPECT(tables.get(*codebook, second, pool) != table, "another query's table");
  EXPECT(tables.find(first) == nullptr, "a table of long ago");

  const std::vector<float> many = unitVectors(random, 300, 16);
  const Query longQuery(*codebook, many.data(), 300, nullptr);
  EXPECT(tables.get(*codebook, longQuery, pool) != nullptr, "a table for many tokens");
  EXPECT(tables.find(longQuery) == nullptr && tables.find(second) != nullptr, "a table for many tokens is kept");
}

TEST(threads_ask_about_several_queries_at_once) {
  Random random(97);
  const auto codebook = makeCodebook(random, 48, 4, 300, bestKernel());
  Index index(codebook, 2);
  for (uint32_t key = 0; key < 2000; key++) add(index, key, randomPassage(random, *codebook, 6));
  index.settle();
  std::vector<uint32_t> keys;
  for (uint32_t key = 0; key < 2000; key += 7) keys.push_back(key);
  struct Answers {
    std::vector<Hit> hits;
    std::vector<float> matches, rows, mean, similarity;
  };
  const auto ask = [&](const Query& query) {
    Answers answers;
    answers.hits = search(index, index.snapshot(), query, {}, nullptr, &answers.matches);
    answers.rows = matchKeys(index, query, keys);
    answers.mean = chanceLevel(index, index.snapshot(), query, 100).mean;
    answers.similarity = alignKeys(index, query, keys).similarity;
    return answers;
  };
  std::vector<std::unique_ptr<Query>> queries;
  std::vector<Answers> expected;
  for (size_t q = 0; q < 3; q++) {
    const std::vector<float> vectors = unitVectors(random, 8 + q, 48);
    queries.push_back(std::make_unique<Query>(*codebook, vectors.data(), 8 + q, nullptr));
    expected.push_back(ask(*queries.back()));
    EXPECT(expected.back().rows == expected.back().similarity, "alignments are made of other similarities");
  }
  std::vector<std::thread> threads;
  std::atomic<size_t> wrong{0};
  for (size_t t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      for (size_t round = 0; round < 12; round++) {
        const size_t q = (t + round / 2) % queries.size();
        const Answers answers = ask(*queries[q]);
        const Answers& want = expected[q];
        if (!same(answers.hits, want.hits) || answers.matches != want.matches || answers.rows != want.rows ||
            answers.mean != want.mean || answers.similarity != want.similarity)
          wrong++;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT(wrong == 0, "%zu answers are wrong", wrong.load());
}

TEST(equal_scores_come_in_the_order_of_their_keys) {
  Random random(71);
  const auto codebook = makeCodebook(random, 16, 4, 64, bestKernel());
  Index index(codebook, 2);
  const Passage passage = randomPassage(random, *codebook, 6);
  for (uint32_t key = 6000; key-- > 0;) add(index, key, passage);
  const std::vector<float> vectors = unitVectors(random, 4, 16);
  const Query query(*codebook, vectors.data(), 4, nullptr);
  SearchOptions options;
  options.exhaustive = true;
  const std::vector<Hit> hits = search(index, index.snapshot(), query, options);
  for (uint32_t i = 0; i < 10; i++) EXPECT(hits[i].key == i, "hit %u has key %u", i, hits[i].key);
}

TEST(the_kept_sample_is_that_of_the_snapshot) {
  Random random(77);
  const auto codebook = makeCodebook(random, 48, 4, 64, bestKernel());
  Index index(codebook, 2);
  const auto same = [&](size_t sample) {
    const Snapshot snapshot = index.snapshot();
    const auto kept = index.samples().get(snapshot, sample);
    const auto drawn = drawSample(snapshot, sample);
    EXPECT(kept.size() == drawn.size(), "%zu of %zu", kept.size(), drawn.size());
    for (size_t i = 0; i < drawn.size(); i++) {
      EXPECT(kept[i].segment == drawn[i].segment && kept[i].passage == drawn[i].passage, "passage %zu", i);
    }
  };
  same(8);
  uint32_t key = 0;
  for (size_t round = 0; round < 300; round++) {
    const size_t step = random() % 4;
    if (step == 0 && key > 0) index.remove(static_cast<uint32_t>(random() % key));
    if (step == 1) index.settle();
    if (step >= 2)
      for (size_t i = 0; i < 20; i++) add(index, key++, randomPassage(random, *codebook, 3));
    same(step == 3 ? 16 : 8);
    same(8);
  }
}

TEST(a_filter_never_makes_a_search_visit_more) {
  Random random(91);
  const auto codebook = makeCodebook(random, 96, 2, 512, bestKernel());
  Index index(codebook, 2);
  constexpr uint32_t kPassages = 12000;
  for (uint32_t key = 0; key < kPassages; key++) add(index, key, topicalPassage(random, *codebook, key % 500, 12));
  index.settle();
  for (size_t q = 0; q < 10; q++) {
    const std::vector<float> vectors = topicalQuery(random, *codebook, q * 11, 6);
    const Query query(*codebook, vectors.data(), 6, nullptr);
    SearchWork all;
    search(index, index.snapshot(), query, {}, &all);
    for (const uint32_t share : {2, 10, 100}) {
      std::vector<uint32_t> allow;
      for (uint32_t key = q % share; key < kPassages; key += share) allow.push_back(key);
      SearchOptions options;
      options.allow = &allow;
      SearchWork filtered;
      const std::vector<Hit> hits = search(index, index.snapshot(), query, options, &filtered);
      for (const Hit& hit : hits) EXPECT(hit.key % share == q % share, "a hit that the filter keeps out");
      EXPECT(filtered.postings <= all.postings && filtered.estimated <= all.estimated,
             "one in %u: %zu postings and %zu estimates, without a filter %zu and %zu", share, filtered.postings,
             filtered.estimated, all.postings, all.estimated);
      // One passage in a hundred: all visits together are fewer than the estimates alone without a filter.
      EXPECT(share < 100 || filtered.postings + filtered.estimated + filtered.scored < all.estimated / 4,
             "%zu visits", filtered.postings + filtered.estimated + filtered.scored);
    }
  }
}

TEST(an_index_is_mapped_back_and_searched_while_it_is_written) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("passim-native-" + std::to_string(std::random_device()()));
  fs::create_directory(folder);
  Random random(101);
  for (const size_t bits : {2, 3, 4}) {
    const auto codebook = makeCodebook(random, 48, bits, 300, bestKernel());
    std::map<uint32_t, Passage> model;
    std::vector<std::string> files;
    const std::vector<float> vectors = unitVectors(random, 7, 48);
    const Query query(*codebook, vectors.data(), 7, nullptr);
    SearchOptions options;
    options.k = 40;
    options.exhaustive = true;
    {
      Index index(codebook, 2);
      for (uint32_t key = 0; key < 4000; key++) {
        model[key] = randomPassage(random, *codebook, 1 + below(random, 20));
        add(index, key, model[key]);
      }
      const Snapshot before = index.snapshot();
      const std::vector<Hit> expected = bruteForce(*codebook, query, model, 40);
      std::atomic<bool> done{false};
      std::thread reader([&] {
        do EXPECT(same(search(index, before, query, options), expected), "a search changed while it was written");
        while (!done);
      });
      for (uint32_t key = 0; key < 4000; key += 7) {
        model.erase(key);
        index.remove(key);
      }
      files = index.persist(folder.string());
      done = true;
      reader.join();
      EXPECT(!files.empty(), "nothing was written");
      EXPECT(same(search(index, index.snapshot(), query, options), bruteForce(*codebook, query, model, 40)), "mapped");
      EXPECT(index.counts().mapped > 0, "nothing is mapped");
    }
    std::vector<uint32_t> keys, tags;
    for (const auto& [key, passage] : model) {
      keys.push_back(key);
      tags.push_back(key ^ 5);
    }
    Index again(codebook, 2);
    EXPECT(again.restore(files, keys, tags, true).missing.empty(), "passages are missing");
    again.settle();
    EXPECT(same(search(again, again.snapshot(), query, options), bruteForce(*codebook, query, model, 40)), "restored");
    for (uint32_t key = 5000; key < 5500; key++) {
      model[key] = randomPassage(random, *codebook, 5);
      add(again, key, model[key]);
    }
    EXPECT(same(search(again, again.snapshot(), query, options), bruteForce(*codebook, query, model, 40)), "with more");

    // Any change to a file: it is refused or, where no checksum covers the byte, means nothing. Never a crash.
    std::ifstream in(files[0], std::ios::binary);
    const std::string sound((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const std::string broken = (folder / "broken.segment").string();
    for (size_t round = 0; round < 300; round++) {
      std::string bytes = sound;
      if (round % 3 == 0) {
        bytes.resize(below(random, bytes.size()));
      } else {
        for (size_t i = 0; i <= round % 5; i++) {
          const size_t at = round % 2 == 0 ? below(random, 4096) : below(random, bytes.size());
          bytes[at] = static_cast<char>(random());
        }
      }
      std::ofstream(broken, std::ios::binary) << bytes;
      Index damaged(codebook, 1);
      const Restored restored = damaged.restore({broken}, keys, tags, true);
      EXPECT(restored.unusable.size() == 1 || bytes.size() == sound.size(), "a cut file was taken");
      search(damaged, damaged.snapshot(), query, options);
    }
  }
  fs::remove_all(folder);
}

TEST(expected_misses_fall_to_zero) {
  std::vector<float> estimates;
  std::vector<float> scores;
  for (size_t i = 0; i < 1000; i++) estimates.push_back(10 - 0.01f * static_cast<float>(i));
  Random random(81);
  double before = 1e9;
  for (const size_t scored : {5, 50, 200, 600, 1000}) {
    while (scores.size() < scored) scores.push_back(estimates[scores.size()] + uniform(random, -0.5f, 0.5f));
    const double misses = expectedMisses(estimates, scores, 10);
    EXPECT(misses <= before, "%f after %f", misses, before);
    before = misses;
  }
  EXPECT(before == 0, "%f misses when all are scored", before);
}
