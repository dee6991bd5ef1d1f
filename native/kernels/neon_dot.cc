// NEON with the dot product instructions of ARMv8.2 (Apple silicon, Cortex-A75 and later): query codes as a signed high
// and a signed low byte, code = 256 * high + low.
#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/target.h"

#if defined(__clang__)
#define PASSIM_TARGET PASSIM_ATTRIBUTES("dotprod")
#else
#define PASSIM_TARGET PASSIM_ATTRIBUTES("arch=armv8.2-a+dotprod")
#endif

namespace passim {
namespace {
#include "kernels/isa_neon.h"

struct EmitBytes {
  int8_t* out;
  PASSIM_TARGET PASSIM_INLINE void operator()(int8x16_t codes, size_t at) const { vst1q_s8(out + at, codes); }
};

struct Isa : IsaNeon {
  struct Sum {
    int32x4_t high, low;
  };
  struct QueryCodes {
    int8x16_t high, low;
  };
  using Code = int8_t;
  using Residual = int8x16_t;
  static constexpr int kRowTile = 2;
  static constexpr size_t kStep = 4;

  PASSIM_TARGET static PASSIM_INLINE Sum zeroSum() { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  static PASSIM_INLINE const int8_t* queryCodes(const QueryView& query, size_t block) {
    return query.bytes + block * query.dimension * kBlock * 2;
  }
  PASSIM_TARGET static PASSIM_INLINE QueryCodes loadCodes(const int8_t* p, int part) {
    return {vld1q_s8(p + part * 4 * kWidth), vld1q_s8(p + 4 * kBlock + part * 4 * kWidth)};
  }
  PASSIM_TARGET static PASSIM_INLINE Residual loadResidual(const int8_t* p) {
    int32_t four;
    memcpy(&four, p, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }
  PASSIM_TARGET static PASSIM_INLINE Sum step(Sum sum, QueryCodes query, Residual residual) {
    return {vdotq_s32(sum.high, query.high, residual), vdotq_s32(sum.low, query.low, residual)};
  }
  PASSIM_TARGET static PASSIM_INLINE Float toFloat(Sum sum) {
    return vcvtq_f32_s32(vaddq_s32(vshlq_n_s32(sum.high, 8), sum.low));
  }
  PASSIM_TARGET static PASSIM_INLINE void decode(const Decoder& decoder, const uint8_t* packed, int8_t* out) {
    decodeNeon(decoder, packed, EmitBytes{out});
  }
};
#include "kernels/tile.h"
}  // namespace

const Kernel kNeonDotKernel = {"neon-dot", true, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
#endif
