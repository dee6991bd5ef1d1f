// AVX2 and FMA: processors since Haswell (2013) and Zen (2017).
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/target.h"

#define PASSIM_TARGET PASSIM_ATTRIBUTES("avx2,fma")
#define PASSIM_DOT_PAIRS(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))

namespace passim {
namespace {
#include "kernels/decode_x86.h"
#include "kernels/isa_avx2.h"
#include "kernels/tile.h"
}  // namespace

const Kernel kAvx2Kernel = {"avx2", false, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
#endif
