// The addon's functions; app/index/addon.ts declares them. Inputs are copied before a call returns, results are small
// arrays in JavaScript memory, and the index itself never leaves its handle.
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "index/codebook.h"
#include "index/index.h"
#include "index/pooling.h"
#include "index/query.h"
#include "index/search.h"
#include "js.h"
#include "memory.h"

namespace passim {
namespace {

constexpr int kAbi = 8;
constexpr size_t kMaxPassageVectors = 65535;

constexpr napi_type_tag kCodebookTag = {0x5f1c2a7d9be04c11, 0x8a3d61f20c7e9b55};
constexpr napi_type_tag kIndexTag = {0x1d8e4b3c7a905f26, 0xb6c09d21e84f7a33};
constexpr napi_type_tag kCancellationTag = {0x93a7d05e2c1b4f68, 0x40e5b8c97d3f1a02};

using Cancellation = std::atomic<bool>;
using CodebookHandle = std::shared_ptr<const Codebook>;

const Codebook& codebookOf(napi_env env, napi_value value) {
  return *js::handle<const Codebook>(env, value, kCodebookTag, "codebook");
}

std::shared_ptr<Index> indexOf(napi_env env, napi_value value) {
  std::shared_ptr<Index> index = js::handle<Index>(env, value, kIndexTag, "index");
  if (!index) throw guard("index is closed");
  return index;
}

size_t rowsOf(const js::Span<float>& values, size_t dimension, const char* name) {
  if (values.size == 0 || values.size % dimension != 0)
    throw guard(std::string(name) + " has " + std::to_string(values.size) + " values, not a multiple of the dimension " +
                std::to_string(dimension));
  return values.size / dimension;
}

std::shared_ptr<Query> queryOf(napi_env env, const Codebook& codebook, napi_value vectors, napi_value weights) {
  const auto values = js::array<float>(env, vectors, "query");
  const size_t tokens = rowsOf(values, codebook.dimension(), "query");
  js::Span<float> weighting;
  if (weights != nullptr && !js::isNull(env, weights)) {
    weighting = js::array<float>(env, weights, "weights");
    if (weighting.size != tokens) throw guard("weights must have one value per query token");
  }
  return std::make_shared<Query>(codebook, values.data, tokens, weighting.data);
}

napi_value kernels(napi_env env, napi_value*) {
  size_t count = 0;
  const Kernel* const* available = availableKernels(&count);
  napi_value names;
  js::check(env, napi_create_array_with_length(env, count, &names));
  for (size_t i = 0; i < count; i++)
    js::check(env, napi_set_element(env, names, static_cast<uint32_t>(i), js::makeText(env, available[i]->name)));
  return names;
}

napi_value createCodebook(napi_env env, napi_value* arguments) {
  CodebookParts parts;
  parts.dimension = js::unsignedInteger(env, arguments[0], "dimension");
  parts.bits = js::unsignedInteger(env, arguments[1], "bits");
  const auto centroids = js::array<float>(env, arguments[2], "centroids");
  const auto scales = js::array<float>(env, arguments[3], "scales");
  const auto inverseNorms = js::array<float>(env, arguments[4], "inverseNorms");
  const auto scaleBorders = js::array<double>(env, arguments[5], "scaleBorders");
  const auto normBorders = js::array<double>(env, arguments[6], "normBorders");
  const std::string name = js::text(env, arguments[7], "kernel");
  parts.centroids = centroids.data;
  parts.centroidValues = centroids.size;
  parts.scales = scales.data;
  parts.scaleCount = scales.size;
  parts.scaleBorders = scaleBorders.data;
  parts.scaleBorderCount = scaleBorders.size;
  parts.inverseNorms = inverseNorms.data;
  parts.inverseNormCount = inverseNorms.size;
  parts.normBorders = normBorders.data;
  parts.normBorderCount = normBorders.size;
  const Kernel* const kernel = chooseKernel(name.c_str());
  if (kernel == nullptr) throw guard("kernel \"" + name + "\" does not run on this processor");
  return js::makeHandle<const Codebook>(env, std::make_shared<const Codebook>(parts, *kernel), kCodebookTag);
}

napi_value kernelOf(napi_env env, napi_value* arguments) {
  return js::makeText(env, codebookOf(env, arguments[0]).kernel().name);
}

napi_value makeCompressed(napi_env env, const CompressedVectors& compressed) {
  return js::makeObject(env, {{"centroids", js::makeArray(env, compressed.centroids)},
                              {"residuals", js::makeArray(env, compressed.residuals)},
                              {"scales", js::makeArray(env, compressed.scales)}});
}

js::Span<float> finiteVectors(napi_env env, napi_value value, size_t dimension) {
  const auto vectors = js::array<float>(env, value, "vectors");
  rowsOf(vectors, dimension, "vectors");
  for (size_t i = 0; i < vectors.size; i++)
    if (!std::isfinite(vectors.data[i])) throw guard("vectors hold a value that is no number");
  return vectors;
}

napi_value compress(napi_env env, napi_value* arguments) {
  const Codebook& codebook = codebookOf(env, arguments[0]);
  const auto vectors = finiteVectors(env, arguments[1], codebook.dimension());
  return makeCompressed(env, codebook.compress(vectors.data, vectors.size / codebook.dimension()));
}

napi_value compressBatch(napi_env env, napi_value* arguments) {
  const CodebookHandle codebook = js::handle<const Codebook>(env, arguments[0], kCodebookTag, "codebook");
  const auto vectors = std::make_shared<std::vector<float>>(
      finiteVectors(env, arguments[1], codebook->dimension()).copy());
  const auto compressed = std::make_shared<CompressedVectors>();
  return js::startJob(
      env, "passim.compress",
      [=] { *compressed = codebook->compress(vectors->data(), vectors->size() / codebook->dimension()); },
      [=](napi_env later) { return makeCompressed(later, *compressed); });
}

// The numbers of vectors of passages, which together are all of `values`.
std::shared_ptr<std::vector<uint32_t>> passageCounts(napi_env env, napi_value argument, size_t values,
                                                     size_t dimension) {
  const auto counts = std::make_shared<std::vector<uint32_t>>(js::array<uint32_t>(env, argument, "counts").copy());
  size_t total = 0;
  for (const uint32_t count : *counts) {
    if (count < 1 || count > kMaxPassageVectors) throw guard("counts must be 1 ... 65535");
    total += count;
  }
  if (total * dimension != values) throw guard("counts do not add up to the vectors");
  return counts;
}

napi_value poolBatch(napi_env env, napi_value* arguments) {
  const size_t dimension = js::unsignedInteger(env, arguments[1], "dimension");
  if (dimension < 8 || dimension > kMaxDimension || dimension % 8 != 0)
    throw guard("dimension must be a multiple of 8 up to 1024");
  const auto vectors =
      std::make_shared<std::vector<float>>(finiteVectors(env, arguments[0], dimension).copy());
  const auto counts = passageCounts(env, arguments[2], vectors->size(), dimension);
  const double factor = js::number(env, arguments[3], "factor");
  if (!(factor >= 1 && factor <= kMaxPassageVectors)) throw guard("factor must be at least 1");
  const auto all = std::make_shared<Pooled>();
  return js::startJob(
      env, "passim.pool",
      [=] {
        const float* at = vectors->data();
        for (uint32_t& count : *counts) {
          const Pooled pooled = pool(at, count, dimension, factor);
          at += count * dimension;
          all->vectors.insert(all->vectors.end(), pooled.vectors.begin(), pooled.vectors.end());
          all->groups.insert(all->groups.end(), pooled.groups.begin(), pooled.groups.end());
          count = static_cast<uint32_t>(pooled.count);
        }
      },
      [=](napi_env later) {
        return js::makeObject(later, {{"vectors", js::makeArray(later, all->vectors)},
                                      {"groups", js::makeArray(later, all->groups)},
                                      {"counts", js::makeArray(later, *counts)}});
      });
}

napi_value wins(napi_env env, napi_value* arguments) {
  const CodebookHandle codebook = js::handle<const Codebook>(env, arguments[0], kCodebookTag, "codebook");
  const auto vectors = std::make_shared<std::vector<float>>(
      finiteVectors(env, arguments[1], codebook->dimension()).copy());
  const auto counts = passageCounts(env, arguments[2], vectors->size(), codebook->dimension());
  const auto all = std::make_shared<std::vector<uint32_t>>();
  return js::startJob(
      env, "passim.wins", [=] { *all = codebook->wins(vectors->data(), *counts); },
      [=](napi_env later) { return js::makeArray(later, *all); });
}

napi_value assign(napi_env env, napi_value* arguments) {
  const CodebookHandle codebook = js::handle<const Codebook>(env, arguments[0], kCodebookTag, "codebook");
  const auto vectors = std::make_shared<std::vector<float>>(
      finiteVectors(env, arguments[1], codebook->dimension()).copy());
  const auto nearest = std::make_shared<std::vector<uint16_t>>();
  return js::startJob(
      env, "passim.assign",
      [=] { *nearest = codebook->assign(vectors->data(), vectors->size() / codebook->dimension()); },
      [=](napi_env later) { return js::makeArray(later, *nearest); });
}

napi_value createIndex(napi_env env, napi_value* arguments) {
  const CodebookHandle codebook = js::handle<const Codebook>(env, arguments[0], kCodebookTag, "codebook");
  const size_t threads = js::unsignedInteger(env, arguments[1], "threads");
  return js::makeHandle<Index>(env, std::make_shared<Index>(codebook, threads), kIndexTag);
}

napi_value add(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const uint32_t key = js::unsignedInteger(env, arguments[1], "key");
  const uint32_t tag = js::unsignedInteger(env, arguments[2], "tag");
  const auto centroids = js::array<uint16_t>(env, arguments[3], "multivector.centroids");
  const auto residuals = js::array<uint8_t>(env, arguments[4], "multivector.residuals");
  const auto scales = js::array<uint8_t>(env, arguments[5], "multivector.scales");
  const size_t count = centroids.size;
  if (count < 1 || count > kMaxPassageVectors) throw guard("multivector must have 1 ... 65535 vectors");
  if (residuals.size != count * index->codebook().width())
    throw guard("multivector.residuals do not fit the number of vectors");
  if (scales.size != count) throw guard("multivector.scales do not fit the number of vectors");
  index->add(key, tag, centroids.data, residuals.data, scales.data, count);
  return js::makeUndefined(env);
}

napi_value remove(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  return js::makeBoolean(env, index->remove(js::unsignedInteger(env, arguments[1], "key")));
}

napi_value has(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  return js::makeBoolean(env, index->has(js::unsignedInteger(env, arguments[1], "key")));
}

napi_value createCancellation(napi_env env, napi_value*) {
  return js::makeHandle<Cancellation>(env, std::make_shared<Cancellation>(false), kCancellationTag);
}

napi_value cancel(napi_env env, napi_value* arguments) {
  *js::handle<Cancellation>(env, arguments[0], kCancellationTag, "cancellation") = true;
  return js::makeUndefined(env);
}

struct SearchJob {
  std::shared_ptr<Index> index;
  Snapshot snapshot;
  std::shared_ptr<Query> query;
  std::vector<uint32_t> allow;
  SearchOptions options;
  std::shared_ptr<Cancellation> cancellation;
  SearchWork work;
  std::vector<uint32_t> keys;
  std::vector<float> scores;
  bool withMatches = false;
  std::vector<float> matches;
};

napi_value search(napi_env env, napi_value* arguments) {
  const auto job = std::make_shared<SearchJob>();
  job->index = indexOf(env, arguments[0]);
  job->query = queryOf(env, job->index->codebook(), arguments[1], arguments[2]);
  if (!js::isNull(env, arguments[3])) {
    job->allow = js::array<uint32_t>(env, arguments[3], "allow").copy();
    for (size_t i = 1; i < job->allow.size(); i++)
      if (job->allow[i] <= job->allow[i - 1]) throw guard("allow must be in ascending order, no key twice");
    job->options.allow = &job->allow;
  }
  job->options.k = js::unsignedInteger(env, arguments[4], "k");
  job->options.exhaustive = js::boolean(env, arguments[5], "exhaustive");
  job->options.recall = js::number(env, arguments[6], "recall");
  if (!(job->options.recall > 0 && job->options.recall <= 1)) throw guard("recall must be above 0 and at most 1");
  job->cancellation = js::handle<Cancellation>(env, arguments[7], kCancellationTag, "cancellation");
  job->withMatches = js::boolean(env, arguments[8], "matches");
  job->options.cancelled = job->cancellation.get();
  // Taken now, so that the search sees the index as it was when it was asked.
  job->snapshot = job->index->snapshot();
  return js::startJob(
      env, "passim.search",
      [job] {
        for (const Hit& hit : passim::search(*job->index, job->snapshot, *job->query, job->options, &job->work,
                                             job->withMatches ? &job->matches : nullptr)) {
          job->keys.push_back(hit.key);
          job->scores.push_back(hit.score);
        }
        job->snapshot = {};
      },
      [job](napi_env later) {
        return js::makeObject(later, {{"keys", js::makeArray(later, job->keys)},
                                      {"scores", js::makeArray(later, job->scores)},
                                      {"matches", js::makeArray(later, job->matches)},
                                      {"scored", js::makeNumber(later, static_cast<double>(job->work.scored))},
                                      {"estimated", js::makeNumber(later, static_cast<double>(job->work.estimated))},
                                      {"postings", js::makeNumber(later, static_cast<double>(job->work.postings))},
                                      {"table", js::makeNumber(later, job->work.table)},
                                      {"lists", js::makeNumber(later, job->work.lists)},
                                      {"estimate", js::makeNumber(later, job->work.estimate)},
                                      {"score", js::makeNumber(later, job->work.score)}});
      });
}

napi_value score(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto query = queryOf(env, index->codebook(), arguments[1], arguments[3]);
  return js::makeArray(env, scoreKeys(*index, *query, js::array<uint32_t>(env, arguments[2], "keys").copy()));
}

napi_value matches(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto query = queryOf(env, index->codebook(), arguments[1], nullptr);
  const auto keys = std::make_shared<std::vector<uint32_t>>(js::array<uint32_t>(env, arguments[2], "keys").copy());
  const auto rows = std::make_shared<std::vector<float>>();
  return js::startJob(
      env, "passim.matches", [=] { *rows = matchKeys(*index, *query, *keys); },
      [=](napi_env later) { return js::makeArray(later, *rows); });
}

napi_value align(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto query = queryOf(env, index->codebook(), arguments[1], nullptr);
  const Alignments all = alignKeys(*index, *query, js::array<uint32_t>(env, arguments[2], "keys").copy());
  return js::makeObject(env, {{"found", js::makeArray(env, all.found)},
                              {"best", js::makeArray(env, all.best)},
                              {"similarity", js::makeArray(env, all.similarity)}});
}

napi_value chance(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto query = queryOf(env, index->codebook(), arguments[1], nullptr);
  const size_t sample = js::unsignedInteger(env, arguments[2], "sample");
  const auto snapshot = std::make_shared<Snapshot>(index->snapshot());
  const auto level = std::make_shared<Chance>();
  return js::startJob(
      env, "passim.chance",
      [=] {
        *level = chanceLevel(*index, *snapshot, *query, sample);
        *snapshot = {};
      },
      [=](napi_env later) {
        return js::makeObject(later, {{"mean", js::makeArray(later, level->mean)},
                                      {"deviation", js::makeArray(later, level->deviation)},
                                      {"sampled", js::makeNumber(later, static_cast<double>(level->sampled))}});
      });
}

napi_value stats(napi_env env, napi_value* arguments) {
  const IndexCounts counts = indexOf(env, arguments[0])->counts();
  return js::makeObject(env, {{"passages", js::makeNumber(env, static_cast<double>(counts.passages))},
                              {"vectors", js::makeNumber(env, static_cast<double>(counts.vectors))},
                              {"bytes", js::makeNumber(env, static_cast<double>(counts.bytes))},
                              {"mapped", js::makeNumber(env, static_cast<double>(counts.mapped))}});
}

napi_value makeTexts(napi_env env, const std::vector<std::string>& texts) {
  napi_value list;
  js::check(env, napi_create_array_with_length(env, texts.size(), &list));
  for (size_t i = 0; i < texts.size(); i++)
    js::check(env, napi_set_element(env, list, static_cast<uint32_t>(i), js::makeText(env, texts[i])));
  return list;
}

napi_value persist(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const std::string folder = js::path(env, arguments[1], "folder");
  const auto paths = std::make_shared<std::vector<std::string>>();
  return js::startJob(
      env, "passim.persist", [=] { *paths = index->persist(folder); },
      [=](napi_env later) { return makeTexts(later, *paths); });
}

napi_value restore(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto paths = std::make_shared<std::vector<std::string>>();
  uint32_t count = 0;
  if (napi_get_array_length(env, arguments[1], &count) != napi_ok) throw guard("paths must be a list");
  for (uint32_t i = 0; i < count; i++) {
    napi_value path;
    js::check(env, napi_get_element(env, arguments[1], i, &path));
    paths->push_back(js::path(env, path, "paths"));
  }
  const auto keys = std::make_shared<std::vector<uint32_t>>(js::array<uint32_t>(env, arguments[2], "keys").copy());
  const auto tags = std::make_shared<std::vector<uint32_t>>(js::array<uint32_t>(env, arguments[3], "tags").copy());
  if (keys->size() != tags->size()) throw guard("tags must have one value per key");
  for (size_t i = 1; i < keys->size(); i++)
    if ((*keys)[i] <= (*keys)[i - 1]) throw guard("keys must be in ascending order, no key twice");
  const bool all = js::boolean(env, arguments[4], "all");
  const auto restored = std::make_shared<Restored>();
  return js::startJob(
      env, "passim.restore", [=] { *restored = index->restore(*paths, *keys, *tags, all); },
      [=](napi_env later) {
        return js::makeObject(later, {{"unusable", makeTexts(later, restored->unusable)},
                                      {"missing", js::makeArray(later, restored->missing)}});
      });
}

napi_value verify(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  const auto lost = std::make_shared<std::vector<uint32_t>>();
  return js::startJob(
      env, "passim.verify", [=] { *lost = index->verify(); },
      [=](napi_env later) { return js::makeArray(later, *lost); });
}

napi_value settle(napi_env env, napi_value* arguments) {
  const auto index = indexOf(env, arguments[0]);
  return js::startJob(
      env, "passim.settle", [index] { index->settle(); }, [](napi_env later) { return js::makeUndefined(later); });
}

napi_value close(napi_env env, napi_value* arguments) {
  std::shared_ptr<Index>& owner = js::handle<Index>(env, arguments[0], kIndexTag, "index");
  if (owner) owner->stop();
  owner.reset();  // searches in progress hold it until they end
  return js::makeUndefined(env);
}

napi_value limitHeap(napi_env env, napi_value* arguments) {
  const auto bytes = [&](size_t i, const char* name) {
    const uint32_t value = js::unsignedInteger(env, arguments[i], name);
    if (value == 0 || value > INT32_MAX) throw guard(std::string(name) + " must be 1 ... 2147483647");
    return static_cast<int>(value);
  };
  return js::makeBoolean(env,
                         passim::limitHeap({bytes(0, "arenas"), bytes(1, "mapFrom"), bytes(2, "keepFree")}));
}

napi_value releaseHeap(napi_env env, napi_value*) {
  return js::startJob(
      env, "passim.release", [] { passim::releaseHeap(); }, [](napi_env later) { return js::makeUndefined(later); });
}

template <size_t Count, napi_value (*Function)(napi_env, napi_value*)>
void define(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  js::check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, js::call<Count, Function>, nullptr, &function));
  js::check(env, napi_set_named_property(env, exports, name, function));
}

void defineAll(napi_env env, napi_value exports) {
  js::check(env, napi_set_named_property(env, exports, "abi", js::makeNumber(env, kAbi)));
  define<0, kernels>(env, exports, "kernels");
  define<8, createCodebook>(env, exports, "createCodebook");
  define<1, kernelOf>(env, exports, "kernelOf");
  define<2, compress>(env, exports, "compress");
  define<2, compressBatch>(env, exports, "compressBatch");
  define<4, poolBatch>(env, exports, "poolBatch");
  define<2, assign>(env, exports, "assign");
  define<3, wins>(env, exports, "wins");
  define<2, createIndex>(env, exports, "createIndex");
  define<6, add>(env, exports, "add");
  define<2, remove>(env, exports, "remove");
  define<2, has>(env, exports, "has");
  define<0, createCancellation>(env, exports, "createCancellation");
  define<1, cancel>(env, exports, "cancel");
  define<9, search>(env, exports, "search");
  define<4, score>(env, exports, "score");
  define<3, matches>(env, exports, "matches");
  define<3, align>(env, exports, "align");
  define<3, chance>(env, exports, "chance");
  define<1, stats>(env, exports, "stats");
  define<2, persist>(env, exports, "persist");
  define<5, restore>(env, exports, "restore");
  define<1, verify>(env, exports, "verify");
  define<1, settle>(env, exports, "settle");
  define<1, close>(env, exports, "close");
  define<3, limitHeap>(env, exports, "limitHeap");
  define<0, releaseHeap>(env, exports, "releaseHeap");
}

}  // namespace
}  // namespace passim

NAPI_MODULE_INIT() {
  try {
    passim::defineAll(env, exports);
  } catch (...) {
    napi_throw_error(env, "internal", "the native index could not be initialised");
  }
  return exports;
}
