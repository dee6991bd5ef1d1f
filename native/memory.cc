#include "memory.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace passim {

bool limitHeap(const HeapLimits& limits) {
#if defined(__GLIBC__)
  // Setting either threshold also stops glibc from raising the first one by itself, up to 32 MB.
  return mallopt(M_ARENA_MAX, limits.arenas) == 1 && mallopt(M_MMAP_THRESHOLD, limits.mapFrom) == 1 &&
         mallopt(M_TRIM_THRESHOLD, limits.keepFree) == 1;
#else
  static_cast<void>(limits);
  return false;
#endif
}

void releaseHeap() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace passim
