// Operations of 256-bit registers for tile.h, shared by the AVX2 and the AVX-VNNI kernel; PASSIM_DOT_PAIRS(sum, a, b)
// adds to each int32 lane of `sum` the two products of the int16 pairs in `a` and `b`.
//
// vpmaddwd saturates only where all four factors are -32768; query codes end at +-32639 and residual codes at +-127.
struct Isa {
  using Float = __m256;
  using Int = __m256i;
  using Code = int16_t;
  using Sum = __m256i;
  using QueryCodes = __m256i;
  using Residual = __m256i;
  static constexpr int kWidth = 8;
  static constexpr int kRowTile = 4;
  static constexpr int kBlockTile = 1;
  static constexpr size_t kStep = 2;

  PASSIM_TARGET static PASSIM_INLINE Float zero() { return _mm256_setzero_ps(); }
  PASSIM_TARGET static PASSIM_INLINE Float load(const float* p) { return _mm256_loadu_ps(p); }
  PASSIM_TARGET static PASSIM_INLINE void store(float* p, Float v) { _mm256_storeu_ps(p, v); }
  PASSIM_TARGET static PASSIM_INLINE Float broadcast(float v) { return _mm256_set1_ps(v); }
  PASSIM_TARGET static PASSIM_INLINE Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float multiply(Float a, Float b) { return _mm256_mul_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float maximum(Float a, Float b) { return _mm256_max_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float fusedMultiplyAdd(Float a, Float b, Float c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  PASSIM_TARGET static PASSIM_INLINE Float greater(Float a, Float b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
  PASSIM_TARGET static PASSIM_INLINE Int select(Float mask, uint32_t value, Int otherwise) {
    return _mm256_blendv_epi8(otherwise, _mm256_set1_epi32(static_cast<int>(value)), _mm256_castps_si256(mask));
  }
  PASSIM_TARGET static PASSIM_INLINE Int loadInt(const uint32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  PASSIM_TARGET static PASSIM_INLINE void storeInt(uint32_t* p, Int v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }

  PASSIM_TARGET static PASSIM_INLINE Sum zeroSum() { return _mm256_setzero_si256(); }
  static PASSIM_INLINE const int16_t* queryCodes(const QueryView& query, size_t block) {
    return query.pairs + block * query.dimension * kBlock;
  }
  PASSIM_TARGET static PASSIM_INLINE QueryCodes loadCodes(const int16_t* p, int part) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + part * 2 * kWidth));
  }
  PASSIM_TARGET static PASSIM_INLINE Residual loadResidual(const int16_t* p) {
    int pair;
    memcpy(&pair, p, sizeof pair);
    return _mm256_set1_epi32(pair);
  }
  PASSIM_TARGET static PASSIM_INLINE Sum step(Sum sum, QueryCodes query, Residual residual) {
    return PASSIM_DOT_PAIRS(sum, query, residual);
  }
  PASSIM_TARGET static PASSIM_INLINE Float toFloat(Sum sum) { return _mm256_cvtepi32_ps(sum); }
  PASSIM_TARGET static PASSIM_INLINE void decode(const Decoder& decoder, const uint8_t* packed, int16_t* out) {
    decodeX86(decoder, packed, out);
  }
};
