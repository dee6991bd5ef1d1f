// Attributes for code of one instruction set, and constants shared by the vectorised kernels. Nothing here or in the
// kernel files calls the standard library: an inline function compiled for a newer processor must never be the copy
// that the linker keeps for the whole program.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define PASSIM_INLINE __forceinline
#define PASSIM_ATTRIBUTES(features)
#else
#define PASSIM_INLINE __attribute__((always_inline)) inline
#define PASSIM_ATTRIBUTES(features) __attribute__((target(features)))
#endif

#include <limits>

namespace passim {
constexpr float kLowest = -std::numeric_limits<float>::infinity();
}
