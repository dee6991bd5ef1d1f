// Every kernel against the scalar reference.
#include <limits>

#include "fixtures.h"
#include "index/query.h"
#include "index/scorer.h"

using namespace passim;

namespace {

std::vector<const Kernel*> vectorised() {
  size_t count = 0;
  const Kernel* const* all = availableKernels(&count);
  return std::vector<const Kernel*>(all + 1, all + count);
}

// One unit in the last place at most, and that only where a double rounding of the reference shows.
bool close(float a, float b) { return std::fabs(a - b) <= 1e-6f * std::max(1.0f, std::fabs(b)); }

struct Setup {
  std::shared_ptr<const Codebook> codebook;
  std::unique_ptr<Query> query;
  Buffer<float> table;
  Passage passage;
  std::vector<float> vectors;
};

// The same random values for each kernel.
Setup setUp(const Kernel& kernel, unsigned seed, size_t dimension, size_t bits, size_t tokens, size_t count) {
  Random random(seed);
  Setup setup;
  setup.codebook = makeCodebook(random, dimension, bits, 300, kernel);
  setup.vectors = unitVectors(random, tokens, dimension);
  setup.query = std::make_unique<Query>(*setup.codebook, setup.vectors.data(), tokens, nullptr);
  ThreadPool pool(1);
  setup.table = scoreTable(*setup.codebook, *setup.query, pool);
  setup.passage = randomPassage(random, *setup.codebook, count);
  return setup;
}

}  // namespace

TEST(kernels_agree_on_a_million_pairs) {
  const size_t dimensions[] = {8, 48, 96, 128, 200, 1024};
  const size_t tokenCounts[] = {1, 5, 16, 17, 32, 45};
  for (const Kernel* kernel : vectorised()) {
    size_t pairs = 0;
    size_t unequal = 0;
    unsigned seed = 1;
    while (pairs < 1000000) {
      Random random(seed);
      const size_t dimension = pairs < 20000 || seed % 16 == 0 ? dimensions[below(random, 6)] : 96;
      const size_t bits = 2 + seed % 3;
      const size_t tokens = tokenCounts[below(random, 6)];
      const size_t count = 1 + below(random, 160);
      const Setup expected = setUp(kScalarKernel, seed, dimension, bits, tokens, count);
      const Setup actual = setUp(*kernel, seed, dimension, bits, tokens, count);
      seed++;
      const size_t padded = expected.query->padded();
      for (size_t i = 0; i < expected.table.size(); i++)
        EXPECT(close(actual.table[i], expected.table[i]), "%s table[%zu] %.9g %.9g", kernel->name, i,
               static_cast<double>(actual.table[i]), static_cast<double>(expected.table[i]));

      std::vector<float> want(count * padded), got(count * padded);
      const auto score = [&](const Setup& setup, const Kernel& with, std::vector<float>* out) {
        with.similarities(setup.codebook->decoder(), setup.query->view(), setup.table.data(), setup.passage.run(),
                          out->data());
      };
      score(expected, kScalarKernel, &want);
      score(actual, *kernel, &got);
      for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < tokens; i++) {
          const float a = got[t * padded + i];
          const float b = want[t * padded + i];
          pairs++;
          if (a != b) unequal++;
          EXPECT(close(a, b), "%s dimension %zu bits %zu vector %zu token %zu: %.9g %.9g", kernel->name, dimension, bits,
                 t, i, static_cast<double>(a), static_cast<double>(b));
        }
      }
      std::vector<float> best(padded), bestByCentroid(padded);
      kernel->maxsim(actual.codebook->decoder(), actual.query->view(), actual.table.data(), actual.passage.run(),
                     best.data());
      kernel->centroidMax(actual.table.data(), padded, actual.passage.centroids.data(), count, bestByCentroid.data());
      for (size_t i = 0; i < tokens; i++) {
        float highest = -std::numeric_limits<float>::infinity();
        float highestByCentroid = highest;
        for (size_t t = 0; t < count; t++) {
          highest = std::max(highest, got[t * padded + i]);
          highestByCentroid = std::max(highestByCentroid, actual.table[actual.passage.centroids[t] * padded + i]);
        }
        EXPECT(best[i] == highest, "%s maxsim differs from its own similarities", kernel->name);
        EXPECT(bestByCentroid[i] == highestByCentroid, "%s centroidMax", kernel->name);
      }
    }
    std::printf("     %s: %zu pairs, %zu not equal to the bit\n", kernel->name, pairs, unequal);
    EXPECT(unequal * 100000 <= pairs, "%s: %zu of %zu pairs differ in the last place", kernel->name, unequal, pairs);
  }
}

TEST(kernels_assign_the_same_centroids) {
  for (const Kernel* kernel : vectorised()) {
    for (const size_t dimension : {8, 48, 96, 128, 1024}) {
      for (const size_t centroids : {1, 7, 64, 301}) {
        Random first(7), second(7);
        const auto expected = makeCodebook(first, dimension, 4, centroids, kScalarKernel);
        const auto actual = makeCodebook(second, dimension, 4, centroids, *kernel);
        const std::vector<float> vectors = unitVectors(first, 141, dimension);
        const CompressedVectors a = expected->compress(vectors.data(), 141);
        const CompressedVectors b = actual->compress(vectors.data(), 141);
        EXPECT(a.centroids == b.centroids, "%s centroids, dimension %zu", kernel->name, dimension);
        EXPECT(a.residuals == b.residuals, "%s residuals, dimension %zu", kernel->name, dimension);
        EXPECT(a.scales == b.scales, "%s scales, dimension %zu", kernel->name, dimension);
        const std::vector<uint32_t> counts = {1, 40, 7, 93};
        EXPECT(expected->wins(vectors.data(), counts) == actual->wins(vectors.data(), counts),
               "%s wins, dimension %zu", kernel->name, dimension);
        for (size_t v = 0; v < 141; v++) {
          double highest = -2;
          for (size_t c = 0; c < centroids; c++) {
            double dot = 0;
            for (size_t d = 0; d < dimension; d++)
              dot += static_cast<double>(vectors[v * dimension + d]) * expected->centroids()[c * dimension + d];
            highest = std::max(highest, dot);
          }
          double chosen = 0;
          for (size_t d = 0; d < dimension; d++)
            chosen += static_cast<double>(vectors[v * dimension + d]) *
                      expected->centroids()[a.centroids[v] * dimension + d];
          EXPECT(chosen > highest - 1e-5, "the reference did not choose the nearest centroid");
        }
      }
    }
  }
}

// The largest codes on both sides, at the largest dimension: integer sums may not overflow (UBSan watches the scalar
// kernel) and every kernel has to get the same.
TEST(kernels_survive_extreme_codes) {
  size_t kernels = 0;
  const Kernel* const* available = availableKernels(&kernels);
  for (const size_t dimension : {8, 512, 1024}) {
    for (const float component : {1024.0f, -1024.0f, 1e-20f, 0.03125f}) {
      std::vector<float> reference;
      for (size_t k = 0; k < kernels; k++) {
        Random random(3);
        const auto codebook = makeCodebook(random, dimension, 4, 5, *available[k]);
        std::vector<float> vectors(2 * dimension, component);
        for (size_t d = 0; d < dimension; d++) vectors[dimension + d] = d == 3 ? component : 0;
        const Query query(*codebook, vectors.data(), 2, nullptr);
        ThreadPool pool(1);
        const Buffer<float> table = scoreTable(*codebook, query, pool);
        Passage passage = randomPassage(random, *codebook, 19);
        for (size_t i = 0; i < 19 * codebook->width(); i++) passage.residuals[i] = i % 38 < 19 ? 0xff : 0x00;
        std::vector<float> out(19 * query.padded());
        available[k]->similarities(codebook->decoder(), query.view(), table.data(), passage.run(), out.data());
        for (const float value : out) EXPECT(std::isfinite(value), "%s is not finite", available[k]->name);
        if (k == 0) {
          reference = out;
          continue;
        }
        for (size_t i = 0; i < out.size(); i++)
          EXPECT(close(out[i], reference[i]), "%s dimension %zu: %.9g %.9g", available[k]->name, dimension,
                 static_cast<double>(out[i]), static_cast<double>(reference[i]));
      }
    }
  }
}

// The code of one dimension, read the slow way.
static int codeAt(const Decoder& decoder, const uint8_t* packed, size_t d) {
  const auto bits = [packed](size_t bit, size_t count) { return (packed[bit / 8] >> (bit % 8)) & ((1 << count) - 1); };
  const int bucket = decoder.bits == 3 ? 2 * bits(2 * d, 2) + bits(2 * decoder.dimension + d, 1)
                                       : bits(d * decoder.bits, decoder.bits);
  return 2 * bucket - (1 << decoder.bits) + 1;
}

// Against plain MaxSim in double precision over the reconstructed vectors.
TEST(similarities_are_close_to_float_dot_products) {
  size_t kernels = 0;
  const Kernel* const* available = availableKernels(&kernels);
  for (size_t k = 0; k < kernels; k++) {
    for (const size_t bits : {2, 3, 4}) {
      for (const size_t dimension : {48, 96, 128, 200, 1024}) {
        const Setup setup = setUp(*available[k], 11, dimension, bits, 20, 33);
        const Decoder& decoder = setup.codebook->decoder();
        std::vector<float> out(33 * setup.query->padded());
        available[k]->similarities(decoder, setup.query->view(), setup.table.data(), setup.passage.run(), out.data());
        for (size_t t = 0; t < 33; t++) {
          for (size_t i = 0; i < 20; i++) {
            double dot = 0;
            double squared = 0;
            for (size_t d = 0; d < dimension; d++) {
              const int code = codeAt(decoder, setup.passage.residuals.data() + t * decoder.width, d);
              const double value = setup.codebook->centroids()[setup.passage.centroids[t] * dimension + d] +
                                   code * static_cast<double>(decoder.scales[setup.passage.scales[t]]);
              dot += value * setup.vectors[i * dimension + d];
              squared += value * value;
            }
            dot *= decoder.inverseNorms[setup.passage.scales[t]];
            const double error = std::fabs(dot - out[t * setup.query->padded() + i]);
            // Random bytes give vectors that are longer than 1, and errors grow with their length.
            EXPECT(error <= 1e-5 * std::max(1.0, std::sqrt(squared)), "%s bits %zu dimension %zu: error %.3g",
                   available[k]->name, bits, dimension, error);
          }
        }
      }
    }
  }
}

TEST(kernels_are_chosen_by_name) {
  EXPECT(chooseKernel("scalar") == &kScalarKernel, "scalar");
  EXPECT(chooseKernel("no such kernel") == nullptr, "unknown");
  size_t count = 0;
  const Kernel* const* all = availableKernels(&count);
  EXPECT(chooseKernel("") == all[count - 1], "the best one");
}
