// AVX2 with AVX-VNNI (Alder Lake, Zen 5): one instruction instead of two for the integer products.
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#include <string.h>

#include "kernels/kernel.h"
#include "kernels/target.h"

#define PASSIM_TARGET PASSIM_ATTRIBUTES("avx2,fma,avxvnni")
#define PASSIM_DOT_PAIRS(sum, a, b) _mm256_dpwssd_avx_epi32(sum, a, b)

namespace passim {
namespace {
#include "kernels/decode_x86.h"
#include "kernels/isa_avx2.h"
#include "kernels/tile.h"
}  // namespace

const Kernel kAvxVnniKernel = {"avx-vnni", false, dots, assign, maxsim, similarities, centroidMax};

}  // namespace passim
#endif
