// The vectorised kernels, written once over a few operations that the including file defines in `struct Isa`.
// Included inside an anonymous namespace, after PASSIM_TARGET (attributes of the instruction set) and `struct Isa`:
//
//   Float, Int            register types of kWidth 32-bit lanes
//   kWidth                lanes of a register; a block of query tokens is kBlock / kWidth registers
//   kRowTile              rows (centroids or passage vectors) whose sums are kept in registers together
//   kBlockTile            blocks of query tokens handled together, 1 or 2
//   Code                  type of a decoded residual code
//   kStep                 dimensions consumed by one step of the integer product
//   Sum                   accumulator of an integer product
//   load, store, broadcast, zero, add, multiply, maximum, fusedMultiplyAdd; greater, select for assign
//   decode(decoder, packed, codes)      one residual into codes, may read up to kDecodeRead - 1 bytes and write up
//                         to kDecodeSlack codes too many
//   queryCodes(query, block), step(sum, queryCodes + ..., codes), toFloat(sum)
//
// Each lane belongs to one query token, so nothing is ever summed across lanes, and one decoded residual is broadcast
// to all lanes. Per step and tile that is kRowTile broadcasts and kBlockTile query loads for kRowTile * kBlockTile
// multiply-adds.

constexpr int kParts = static_cast<int>(kBlock) / Isa::kWidth;  // registers of a block
constexpr size_t kDecodeRead = 16;    // bytes that decoding reads at a time
constexpr size_t kDecodeSlack = 64;   // codes that it may write beyond the dimension
constexpr size_t kCodeStride = kMaxDimension + kDecodeSlack;

template <int Rows, int Blocks>
PASSIM_TARGET PASSIM_INLINE void dotTile(const float* const* rows, const float* columns, size_t dimension,
                                         Isa::Float (&sums)[Rows][Blocks * kParts]) {
  const size_t blockStride = dimension * kBlock;
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Blocks * kParts; v++) sums[r][v] = Isa::zero();
  for (size_t d = 0; d < dimension; d++) {
    Isa::Float column[Blocks * kParts];
    for (int b = 0; b < Blocks; b++)
      for (int v = 0; v < kParts; v++)
        column[b * kParts + v] = Isa::load(columns + b * blockStride + d * kBlock + v * Isa::kWidth);
    for (int r = 0; r < Rows; r++) {
      const Isa::Float value = Isa::broadcast(rows[r][d]);
      for (int v = 0; v < Blocks * kParts; v++) sums[r][v] = Isa::fusedMultiplyAdd(value, column[v], sums[r][v]);
    }
  }
}

template <int Rows, int Blocks>
PASSIM_TARGET PASSIM_INLINE void dotsTile(const float* const* rows, const QueryView& query, size_t block,
                                          float* out) {
  Isa::Float sums[Rows][Blocks * kParts];
  dotTile<Rows, Blocks>(rows, query.columns + block * query.dimension * kBlock, query.dimension, sums);
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Blocks * kParts; v++)
      Isa::store(out + r * query.padded + block * kBlock + v * Isa::kWidth, sums[r][v]);
}

template <int Rows>
PASSIM_TARGET PASSIM_INLINE void dotsRows(const float* const* rows, const QueryView& query, float* out) {
  const size_t blocks = query.padded / kBlock;
  size_t block = 0;
  if constexpr (Isa::kBlockTile == 2)
    for (; block + 2 <= blocks; block += 2) dotsTile<Rows, 2>(rows, query, block, out);
  for (; block < blocks; block++) dotsTile<Rows, 1>(rows, query, block, out);
}

PASSIM_TARGET void dots(const float* rows, const uint16_t* ids, size_t count, const QueryView& query, float* out) {
  const float* pointers[Isa::kRowTile];
  size_t r = 0;
  for (; r + Isa::kRowTile <= count; r += Isa::kRowTile) {
    for (size_t j = 0; j < Isa::kRowTile; j++) pointers[j] = rows + (ids ? ids[r + j] : r + j) * query.dimension;
    dotsRows<Isa::kRowTile>(pointers, query, out + r * query.padded);
  }
  for (; r < count; r++) {
    pointers[0] = rows + (ids ? ids[r] : r) * query.dimension;
    dotsRows<1>(pointers, query, out + r * query.padded);
  }
}

template <int Rows, int Blocks>
PASSIM_TARGET PASSIM_INLINE void assignTile(const float* const* rows, size_t first, const QueryView& query,
                                            size_t block, float* best, uint32_t* index) {
  Isa::Float sums[Rows][Blocks * kParts];
  dotTile<Rows, Blocks>(rows, query.columns + block * query.dimension * kBlock, query.dimension, sums);
  for (int v = 0; v < Blocks * kParts; v++) {
    const size_t at = block * kBlock + v * Isa::kWidth;
    Isa::Float highest = Isa::load(best + at);
    Isa::Int where = Isa::loadInt(index + at);
    for (int r = 0; r < Rows; r++) {
      const auto better = Isa::greater(sums[r][v], highest);
      where = Isa::select(better, static_cast<uint32_t>(first + r), where);
      highest = Isa::maximum(highest, sums[r][v]);
    }
    Isa::store(best + at, highest);
    Isa::storeInt(index + at, where);
  }
}

template <int Rows>
PASSIM_TARGET PASSIM_INLINE void assignRows(const float* const* rows, size_t first, const QueryView& query,
                                            float* best, uint32_t* index) {
  const size_t blocks = query.padded / kBlock;
  size_t block = 0;
  if constexpr (Isa::kBlockTile == 2)
    for (; block + 2 <= blocks; block += 2) assignTile<Rows, 2>(rows, first, query, block, best, index);
  for (; block < blocks; block++) assignTile<Rows, 1>(rows, first, query, block, best, index);
}

PASSIM_TARGET void assign(const float* rows, size_t first, size_t count, const QueryView& query, float* best,
                          uint32_t* index) {
  const float* pointers[Isa::kRowTile];
  size_t r = 0;
  for (; r + Isa::kRowTile <= count; r += Isa::kRowTile) {
    for (size_t j = 0; j < Isa::kRowTile; j++) pointers[j] = rows + (first + r + j) * query.dimension;
    assignRows<Isa::kRowTile>(pointers, first + r, query, best, index);
  }
  for (; r < count; r++) {
    pointers[0] = rows + (first + r) * query.dimension;
    assignRows<1>(pointers, first + r, query, best, index);
  }
}

// Similarities of Rows decoded vectors with Blocks blocks of query tokens; kept (Keep) or reduced to their maximum.
template <bool Keep, int Rows, int Blocks>
PASSIM_TARGET PASSIM_INLINE void scoreTile(const Decoder& decoder, const QueryView& query, const float* table,
                                           const VectorRun& run, size_t first, const Isa::Code* codes, size_t block,
                                           float* out) {
  Isa::Sum sums[Rows][Blocks * kParts];
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Blocks * kParts; v++) sums[r][v] = Isa::zeroSum();
  const auto* queryCodes = Isa::queryCodes(query, block);
  const size_t blockStride = Isa::queryCodes(query, 1) - Isa::queryCodes(query, 0);
  const size_t stepStride = blockStride * Isa::kStep / query.dimension;
  for (size_t d = 0; d < query.dimension; d += Isa::kStep) {
    Isa::QueryCodes column[Blocks * kParts];
    for (int b = 0; b < Blocks; b++)
      for (int v = 0; v < kParts; v++)
        column[b * kParts + v] = Isa::loadCodes(queryCodes + b * blockStride + (d / Isa::kStep) * stepStride, v);
    for (int r = 0; r < Rows; r++) {
      const Isa::Residual residual = Isa::loadResidual(codes + r * kCodeStride + d);
      for (int v = 0; v < Blocks * kParts; v++) sums[r][v] = Isa::step(sums[r][v], column[v], residual);
    }
  }
  for (int v = 0; v < Blocks * kParts; v++) {
    const size_t at = block * kBlock + v * Isa::kWidth;
    const Isa::Float factor = Isa::load(query.factors + at);
    Isa::Float highest = Keep ? Isa::zero() : Isa::load(out + at);
    for (int r = 0; r < Rows; r++) {
      const size_t t = first + r;
      const Isa::Float scale = Isa::broadcast(decoder.scales[run.scales[t]]);
      const Isa::Float offset = Isa::multiply(Isa::multiply(Isa::toFloat(sums[r][v]), factor), scale);
      const Isa::Float value = Isa::add(Isa::load(table + run.rows[t] * query.padded + at), offset);
      const Isa::Float norm = Isa::broadcast(decoder.inverseNorms[run.scales[t]]);
      const Isa::Float similarity = Isa::multiply(value, norm);
      if constexpr (Keep)
        Isa::store(out + t * query.padded + at, similarity);
      else
        highest = Isa::maximum(highest, similarity);
    }
    if constexpr (!Keep) Isa::store(out + at, highest);
  }
}

template <bool Keep, int Rows>
PASSIM_TARGET PASSIM_INLINE void scoreRows(const Decoder& decoder, const QueryView& query, const float* table,
                                           const VectorRun& run, size_t first, const Isa::Code* codes, float* out) {
  const size_t blocks = query.padded / kBlock;
  size_t block = 0;
  if constexpr (Isa::kBlockTile == 2)
    for (; block + 2 <= blocks; block += 2)
      scoreTile<Keep, Rows, 2>(decoder, query, table, run, first, codes, block, out);
  for (; block < blocks; block++)
    scoreTile<Keep, Rows, 1>(decoder, query, table, run, first, codes, block, out);
}

template <bool Keep>
PASSIM_TARGET void scoreRun(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run,
                            float* out) {
  alignas(64) Isa::Code codes[kDecodeTile * kCodeStride];
  // Decoding reads whole registers. Behind the run the memory may end, or another thread may be writing: vectors whose
  // reading would go beyond are decoded from a copy.
  const size_t read = (decoder.width + kDecodeRead - 1) / kDecodeRead * kDecodeRead;
  const size_t bytes = run.count * decoder.width;
  const size_t safe = bytes < read ? 0 : (bytes - read) / decoder.width + 1;
  uint8_t copy[kMaxDimension / 2 + 2 * kDecodeRead];
  memcpy(copy, run.residuals + safe * decoder.width, bytes - safe * decoder.width);
  for (size_t start = 0; start < run.count; start += kDecodeTile) {
    const size_t count = run.count - start < kDecodeTile ? run.count - start : kDecodeTile;
    for (size_t t = 0; t < count; t++)
      Isa::decode(decoder,
                  start + t < safe ? run.residuals + (start + t) * decoder.width
                                   : copy + (start + t - safe) * decoder.width,
                  codes + t * kCodeStride);
    size_t t = 0;
    for (; t + Isa::kRowTile <= count; t += Isa::kRowTile)
      scoreRows<Keep, Isa::kRowTile>(decoder, query, table, run, start + t, codes + t * kCodeStride, out);
    if constexpr (Isa::kRowTile > 4)
      for (; t + 4 <= count; t += 4)
        scoreRows<Keep, 4>(decoder, query, table, run, start + t, codes + t * kCodeStride, out);
    for (; t < count; t++)
      scoreRows<Keep, 1>(decoder, query, table, run, start + t, codes + t * kCodeStride, out);
  }
}

PASSIM_TARGET void maxsim(const Decoder& decoder, const QueryView& query, const float* table, const VectorRun& run,
                          float* best) {
  for (size_t i = 0; i < query.padded; i++) best[i] = kLowest;
  scoreRun<false>(decoder, query, table, run, best);
}

PASSIM_TARGET void similarities(const Decoder& decoder, const QueryView& query, const float* table,
                                const VectorRun& run, float* out) {
  scoreRun<true>(decoder, query, table, run, out);
}

PASSIM_TARGET void centroidMax(const float* table, size_t padded, const uint16_t* rows, size_t count, float* best) {
  for (size_t block = 0; block < padded; block += kBlock) {
    Isa::Float highest[kParts];
    for (int v = 0; v < kParts; v++) highest[v] = Isa::broadcast(kLowest);
    for (size_t t = 0; t < count; t++) {
      const float* row = table + rows[t] * padded + block;
      for (int v = 0; v < kParts; v++) highest[v] = Isa::maximum(highest[v], Isa::load(row + v * Isa::kWidth));
    }
    for (int v = 0; v < kParts; v++) Isa::store(best + block + v * Isa::kWidth, highest[v]);
  }
}
