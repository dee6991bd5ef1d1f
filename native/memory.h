// The C library's heap, which everything native in the process shares: LanceDB, ONNX Runtime and the index.
#pragma once

#include <cstddef>

namespace passim {

struct HeapLimits {
  // Arenas that threads share; glibc makes up to eight a core, and memory that was freed in one is of no use to others.
  int arenas;
  // Blocks of this many bytes and more are mapped and go back to the system when they are freed.
  int mapFrom;
  // Free bytes at the end of the heap from which on they go back to the system.
  int keepFree;
};

// Bounds what the heap holds beyond what is in use. False where the C library is not glibc: nothing is changed there.
bool limitHeap(const HeapLimits& limits);

// Gives pages that hold nothing back to the system. May take milliseconds.
void releaseHeap();

}  // namespace passim
