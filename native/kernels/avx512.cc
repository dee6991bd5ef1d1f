// AVX-512 with VNNI: Ice Lake, Sapphire Rapids, Zen 4 and later.
#if defined(__x86_64__) || defined(_M_X64)
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
// _mm512_undefined_ps() of GCC 12's own header sets it off.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include "kernels/kernel.h"
#include "kernels/target.h"

#define PASSIM_TARGET PASSIM_ATTRIBUTES("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")

namespace passim {
namespace {
#include "kernels/decode_x86.h"

struct Isa {
  using Float = __m512;
  using Int = __m512i;
  using Code = int16_t;
  using Sum = __m512i;
  using QueryCodes = __m512i;
  using Residual = __m512i;
  static constexpr int kWidth = 16;
  static constexpr int kRowTile = 8;
  static constexpr int kBlockTile = 2;
  static constexpr size_t kStep = 2;

  PASSIM_TARGET static PASSIM_INLINE Float zero() { return _mm512_setzero_ps(); }
  PASSIM_TARGET static PASSIM_INLINE Float load(const float* p) { return _mm512_loadu_ps(p); }
  PASSIM_TARGET static PASSIM_INLINE void store(float* p, Float v) { _mm512_storeu_ps(p, v); }
  PASSIM_TARGET static PASSIM_INLINE Float broadcast(float v) { return _mm512_set1_ps(v); }
  PASSIM_TARGET static PASSIM_INLINE Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float multiply(Float a, Float b) { return _mm512_mul_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float maximum(Float a, Float b) { return _mm512_max_ps(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float fusedMultiplyAdd(Float a, Float b, Float c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  PASSIM_TARGET static PASSIM_INLINE __mmask16 greater(Float a, Float b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
  }
  PASSIM_TARGET static PASSIM_INLINE Int select(__mmask16 mask, uint32_t value, Int otherwise) {
    return _mm512_mask_set1_epi32(otherwise, mask, static_cast<int>(value));
  }
  PASSIM_TARGET static PASSIM_INLINE Int loadInt(const uint32_t* p) { return _mm512_loadu_si512(p); }
  PASSIM_TARGET static PASSIM_INLINE void storeInt(uint32_t* p, Int v) { _mm512_storeu_si512(p, v); }

  PASSIM_TARGET static PASSIM_INLINE Sum zeroSum() { return _mm512_setzero_si512(); }
  static PASSIM_INLINE const int16_t* queryCodes(const QueryView& query, size_t block) {
    return query.pairs + block * query.dimension * kBlock;
  }
  PASSIM_TARGET static PASSIM_INLINE QueryCodes loadCodes(const int16_t* p, int) { return _mm512_loadu_si512(p); }
  PASSIM_TARGET static PASSIM_INLINE Residual loadResidual(const int16_t* p) {
    int pair;
    memcpy(&pair, p, sizeof pair);
    return _mm512_set1_epi32(pair);
  }
  PASSIM_TARGET static PASSIM_INLINE Sum step(Sum sum, QueryCodes query, Residual residual) {
    return _mm512_dpwssd_epi32(sum, query, residual);
  }
  PASSIM_TARGET static PASSIM_INLINE Float toFloat(Sum sum) { return _mm512_cvtepi32_ps(sum); }
  PASSIM_TARGET static PASSIM_INLINE void decode(const Decoder& decoder, const uint8_t* packed, int16_t* out) {
    decodeX86(decoder, packed, out);
  }
};
#include "kernels/tile.h"
}  // namespace

const Kernel kAvx512Kernel = {"avx512-vnni", false, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
#endif
