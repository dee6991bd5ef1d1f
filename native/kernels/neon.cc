// NEON without dot product instructions: every 64-bit ARM processor.
#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/target.h"

#define PASSIM_TARGET

namespace passim {
namespace {
#include "kernels/isa_neon.h"

struct EmitWide {
  int16_t* out;
  PASSIM_INLINE void operator()(int8x16_t codes, size_t at) const {
    vst1q_s16(out + at, vmovl_s8(vget_low_s8(codes)));
    vst1q_s16(out + at + 8, vmovl_high_s8(codes));
  }
};

struct Isa : IsaNeon {
  using Code = int16_t;
  using Sum = int32x4_t;
  using QueryCodes = int16x8_t;
  using Residual = int16x8_t;
  static constexpr int kRowTile = 4;
  static constexpr size_t kStep = 2;

  static PASSIM_INLINE Sum zeroSum() { return vdupq_n_s32(0); }
  static PASSIM_INLINE const int16_t* queryCodes(const QueryView& query, size_t block) {
    return query.pairs + block * query.dimension * kBlock;
  }
  static PASSIM_INLINE QueryCodes loadCodes(const int16_t* p, int part) { return vld1q_s16(p + part * 2 * kWidth); }
  static PASSIM_INLINE Residual loadResidual(const int16_t* p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return vreinterpretq_s16_s32(vdupq_n_s32(pair));
  }
  static PASSIM_INLINE Sum step(Sum sum, QueryCodes query, Residual residual) {
    const int32x4_t low = vmull_s16(vget_low_s16(query), vget_low_s16(residual));
    const int32x4_t high = vmull_high_s16(query, residual);
    return vaddq_s32(sum, vpaddq_s32(low, high));
  }
  static PASSIM_INLINE Float toFloat(Sum sum) { return vcvtq_f32_s32(sum); }
  static PASSIM_INLINE void decode(const Decoder& decoder, const uint8_t* packed, int16_t* out) {
    decodeNeon(decoder, packed, EmitWide{out});
  }
};
#include "kernels/tile.h"
}  // namespace

const Kernel kNeonKernel = {"neon", false, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
#endif
