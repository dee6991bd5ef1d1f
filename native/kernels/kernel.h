// The inner loops of search, once per instruction set. scalar.cc is the reference; every other kernel gives the same
// numbers to the bit:
//   - dot products with centroids run over the dimensions in order, one fused multiply-add each, one query token per
//     lane, so the order of operations does not depend on the width of a register;
//   - dot products with residual codes are sums of int16 x int8 products in int32 that cannot overflow (the bound is
//     at kMaxCodeSum), so they are exact whatever their order;
//   - the rest is two multiplications, one addition, one multiplication, each rounded to float. The sources are
//     compiled without contraction of a * b + c.
#pragma once

#include <cstddef>
#include <cstdint>

namespace passim {

// Query tokens are handled in blocks of this many lanes; the last block is filled up with zeros.
constexpr size_t kBlock = 16;
// A query code splits into two signed bytes: 127 * 256 + 127.
constexpr int kMaxCode = 32639;
// Bound on the sum of |query code| of one token. Residual codes are at most 127 in magnitude (15 with 4 bits), and
// (16.9e6 + 1024 / 2) * 127 < 2^31.
constexpr double kMaxCodeSum = 16.9e6;
constexpr size_t kMaxDimension = 1024;
// Vectors that are decoded at a time.
constexpr size_t kDecodeTile = 16;

// A query as the kernels read it. Blocks follow each other; within a block the lanes are query tokens.
struct QueryView {
  size_t tokens = 0;
  size_t padded = 0;  // tokens rounded up to whole blocks
  size_t dimension = 0;
  const float* columns = nullptr;   // [block][dimension][kBlock]
  const int16_t* pairs = nullptr;   // [block][dimension / 2][kBlock][2]
  const int8_t* bytes = nullptr;    // [block][dimension / 4][high, low][kBlock][4], for kernels with usesBytes
  const float* factors = nullptr;   // [padded]: 1 / query scale
};

// Stored vectors that lie one after the other.
struct VectorRun {
  const uint16_t* rows = nullptr;  // row of the score table for each vector: its centroid
  const uint8_t* residuals = nullptr;
  const uint8_t* scales = nullptr;  // see Decoder
  size_t count = 0;
};

// How residuals and scale bytes turn back into numbers. Two and four bits lie one dimension after the other, the first in
// the lowest bits of a byte; three bits as the upper two of all dimensions and then the lowest one of all.
struct Decoder {
  size_t bits = 4;
  size_t dimension = 0;
  size_t width = 0;            // bytes of a packed residual
  int8_t codes[16] = {};       // code of each bucket
  // By scale byte: what a residual code is worth, and the inverse norm of the reconstruction.
  float scales[256] = {};
  float inverseNorms[256] = {};
};

struct Kernel {
  const char* name;
  bool usesBytes;

  // out[r * padded + i] = dot product of row r with query token i; row r of the output is rows[ids[r]], or rows[r]
  // where ids is null.
  void (*dots)(const float* rows, const uint16_t* ids, size_t count, const QueryView& query, float* out);

  // For each query token the row with the highest dot product: updates best[i] and index[i] with rows
  // first ... first + count - 1. Of equal ones the first stays.
  void (*assign)(const float* rows, size_t first, size_t count, const QueryView& query, float* best, uint32_t* index);

  // best[i] = highest similarity of query token i with any vector of the run. `table` has a row of padded scores per
  // centroid. Similarity = (table[row][i] + float(sum of codes) * factors[i] * scale) * inverse norm.
  void (*maxsim)(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run,
                 float* best);

  // out[t * padded + i] = similarity of query token i with vector t.
  void (*similarities)(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run,
                       float* out);

  // best[i] = highest table score of query token i over the run's rows.
  void (*centroidMax)(const float* table, size_t padded, const uint16_t* rows, size_t count, float* best);
};

// Kernels that this processor can run, the scalar one first and the best last.
const Kernel* const* availableKernels(size_t* count);
// The best kernel, or the one of that name; null when there is none of that name here. "avx512" and "neon" stand for
// the best kernel whose name begins so.
const Kernel* chooseKernel(const char* name);

extern const Kernel kScalarKernel;
#if defined(__x86_64__) || defined(_M_X64)
extern const Kernel kAvx2Kernel;
extern const Kernel kAvxVnniKernel;
extern const Kernel kAvx512Kernel;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const Kernel kNeonKernel;
extern const Kernel kNeonDotKernel;
#endif

}  // namespace passim
