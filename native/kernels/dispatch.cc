// Which kernels this processor can run.
#include <cstring>

#include "kernels/kernel.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(_M_ARM64)
#include <windows.h>
#endif

namespace passim {
namespace {

constexpr size_t kMaxKernels = 4;

struct Registry {
  const Kernel* kernels[kMaxKernels] = {};
  size_t count = 0;
  void add(const Kernel& kernel) { kernels[count++] = &kernel; }
};

#if defined(__x86_64__) || defined(_M_X64)
struct Leaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(unsigned leaf, unsigned subleaf) {
  Leaf result;
#if defined(_MSC_VER)
  int registers[4];
  __cpuidex(registers, static_cast<int>(leaf), static_cast<int>(subleaf));
  std::memcpy(&result, registers, sizeof registers);
#else
  __cpuid_count(leaf, subleaf, result.eax, result.ebx, result.ecx, result.edx);
#endif
  return result;
}

// Register state that the operating system saves.
unsigned long long savedState() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<unsigned long long>(high) << 32) | low;
#endif
}

bool has(unsigned value, int bit) { return (value >> bit) & 1; }

Registry detect() {
  Registry registry;
  registry.add(kScalarKernel);
  if (cpuid(0, 0).eax < 7) return registry;
  const Leaf basic = cpuid(1, 0);
  if (!has(basic.ecx, 27)) return registry;  // OSXSAVE
  const unsigned long long state = savedState();
  const Leaf extended = cpuid(7, 0);
  const bool ymm = (state & 0x6) == 0x6;
  const bool zmm = (state & 0xe6) == 0xe6;
  if (!ymm || !has(basic.ecx, 12) || !has(extended.ebx, 5)) return registry;  // FMA, AVX2
  registry.add(kAvx2Kernel);
  if (extended.eax >= 1 && has(cpuid(7, 1).eax, 4)) registry.add(kAvxVnniKernel);
  // AVX-512 F, DQ, BW, VL and VNNI
  if (zmm && has(extended.ebx, 16) && has(extended.ebx, 17) && has(extended.ebx, 30) && has(extended.ebx, 31) &&
      has(extended.ecx, 11))
    registry.add(kAvx512Kernel);
  return registry;
}
#elif defined(__aarch64__) || defined(_M_ARM64)
bool hasDotProduct() {
#if defined(__APPLE__)
  return true;
#elif defined(__linux__)
  return (getauxval(AT_HWCAP) >> 20) & 1;  // HWCAP_ASIMDDP
#elif defined(_M_ARM64)
  return IsProcessorFeaturePresent(43);  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
#else
  return false;
#endif
}

Registry detect() {
  Registry registry;
  registry.add(kScalarKernel);
  registry.add(kNeonKernel);
  if (hasDotProduct()) registry.add(kNeonDotKernel);
  return registry;
}
#else
Registry detect() {
  Registry registry;
  registry.add(kScalarKernel);
  return registry;
}
#endif

const Registry& registry() {
  static const Registry detected = detect();
  return detected;
}

}  // namespace

const Kernel* const* availableKernels(size_t* count) {
  *count = registry().count;
  return registry().kernels;
}

const Kernel* chooseKernel(const char* name) {
  const Registry& all = registry();
  if (name == nullptr || name[0] == '\0') return all.kernels[all.count - 1];
  for (size_t i = 0; i < all.count; i++)
    if (std::strcmp(all.kernels[i]->name, name) == 0) return all.kernels[i];
  if (std::strcmp(name, "avx512") == 0 || std::strcmp(name, "neon") == 0)
    for (size_t i = all.count; i-- > 0;)
      if (std::strncmp(all.kernels[i]->name, name, std::strlen(name)) == 0) return all.kernels[i];
  return nullptr;
}

}  // namespace passim
