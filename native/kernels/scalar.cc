// The reference: plain loops, nothing clever. See kernel.h for what each function computes.
#include <cmath>
#include <limits>

#include "kernels/kernel.h"

namespace passim {
namespace {

// One fused multiply-add in single precision. The product of two floats is exact in a double; rounding the sum to
// double first changes the result only where it lies within 2^-29 of a tie, and then by one unit in the last place.
inline float fusedMultiplyAdd(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__) || defined(_M_ARM64)
  return std::fma(a, b, c);
#else
  return static_cast<float>(static_cast<double>(c) + static_cast<double>(a) * static_cast<double>(b));
#endif
}

inline float dot(const float* row, const float* column, size_t dimension) {
  float sum = 0;
  for (size_t d = 0; d < dimension; d++) sum = fusedMultiplyAdd(row[d], column[d * kBlock], sum);
  return sum;
}

inline const float* columnOf(const QueryView& query, size_t token) {
  return query.columns + (token / kBlock) * query.dimension * kBlock + token % kBlock;
}

void dots(const float* rows, const uint16_t* ids, size_t count, const QueryView& query, float* out) {
  for (size_t r = 0; r < count; r++) {
    const float* row = rows + (ids ? ids[r] : r) * query.dimension;
    for (size_t i = 0; i < query.padded; i++)
      out[r * query.padded + i] = dot(row, columnOf(query, i), query.dimension);
  }
}

void assign(const float* rows, size_t first, size_t count, const QueryView& query, float* best, uint32_t* index) {
  for (size_t r = 0; r < count; r++) {
    const float* row = rows + (first + r) * query.dimension;
    for (size_t i = 0; i < query.padded; i++) {
      const float value = dot(row, columnOf(query, i), query.dimension);
      if (value > best[i]) {
        best[i] = value;
        index[i] = static_cast<uint32_t>(first + r);
      }
    }
  }
}

void decode(const Decoder& decoder, const uint8_t* packed, int8_t* codes) {
  if (decoder.bits == 3) {
    const uint8_t* const low = packed + decoder.dimension / 4;
    for (size_t d = 0; d < decoder.dimension; d++) {
      const unsigned upper = (packed[d / 4] >> (d % 4 * 2)) & 3;
      const unsigned lowest = (low[d / 8] >> (d % 8)) & 1;
      codes[d] = decoder.codes[2 * upper + lowest];
    }
    return;
  }
  const size_t perByte = 8 / decoder.bits;
  const unsigned mask = (1u << decoder.bits) - 1;
  for (size_t d = 0; d < decoder.dimension; d++)
    codes[d] = decoder.codes[(packed[d / perByte] >> ((d % perByte) * decoder.bits)) & mask];
}

float similarity(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run, size_t t,
                 size_t i, const int8_t* codes) {
  const int16_t* pairs = query.pairs + (i / kBlock) * query.dimension * kBlock + (i % kBlock) * 2;
  int32_t sum = 0;
  for (size_t d = 0; d < query.dimension; d++) sum += pairs[(d / 2) * kBlock * 2 + d % 2] * codes[d];
  const float offset = static_cast<float>(sum) * query.factors[i] * decoder.scales[run.scales[t]];
  const float value = table[run.rows[t] * query.padded + i] + offset;
  return value * decoder.inverseNorms[run.scales[t]];
}

void similarities(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run,
                  float* out) {
  int8_t codes[kMaxDimension];
  for (size_t t = 0; t < run.count; t++) {
    decode(decoder, run.residuals + t * decoder.width, codes);
    for (size_t i = 0; i < query.padded; i++)
      out[t * query.padded + i] = similarity(decoder, query, table, run, t, i, codes);
  }
}

void maxsim(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run, float* best) {
  int8_t codes[kMaxDimension];
  for (size_t i = 0; i < query.padded; i++) best[i] = -std::numeric_limits<float>::infinity();
  for (size_t t = 0; t < run.count; t++) {
    decode(decoder, run.residuals + t * decoder.width, codes);
    for (size_t i = 0; i < query.padded; i++) {
      const float value = similarity(decoder, query, table, run, t, i, codes);
      if (value > best[i]) best[i] = value;
    }
  }
}

void centroidMax(const float* table, size_t padded, const uint16_t* rows, size_t count, float* best) {
  for (size_t i = 0; i < padded; i++) best[i] = -std::numeric_limits<float>::infinity();
  for (size_t t = 0; t < count; t++)
    for (size_t i = 0; i < padded; i++)
      if (table[rows[t] * padded + i] > best[i]) best[i] = table[rows[t] * padded + i];
}

}  // namespace

const Kernel kScalarKernel = {"scalar", false, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
