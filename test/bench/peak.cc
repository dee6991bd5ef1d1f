// How many multiply-adds of small integers one thread of this machine does at most, out of registers: 8-bit ones
// (vpdpbusd) and 16-bit ones (vpdpwssd). See peak.ts.
#include <chrono>
#include <cstdio>
#include <immintrin.h>

namespace {

constexpr int kAccumulators = 12;
constexpr long kRounds = 20'000'000;

template <typename Step>
double gigaMacs(int macsPerStep, Step step) {
  __m512i sums[kAccumulators];
  for (auto& sum : sums) sum = _mm512_setzero_si512();
  const __m512i a = _mm512_set1_epi8(1);
  const __m512i b = _mm512_set1_epi8(2);
  const auto begun = std::chrono::steady_clock::now();
  for (long round = 0; round < kRounds; round++) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; i++) sums[i] = step(sums[i], a, b);
    // Keeps the compiler from doing the rounds at once.
    asm volatile("" : "+v"(sums[0]), "+v"(sums[1]), "+v"(sums[2]), "+v"(sums[3]), "+v"(sums[4]), "+v"(sums[5]));
    asm volatile("" : "+v"(sums[6]), "+v"(sums[7]), "+v"(sums[8]), "+v"(sums[9]), "+v"(sums[10]), "+v"(sums[11]));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  return static_cast<double>(macsPerStep) * kAccumulators * kRounds / seconds.count() / 1e9;
}

}  // namespace

int main() {
  const double bytes = gigaMacs(64, [](__m512i c, __m512i a, __m512i b) { return _mm512_dpbusd_epi32(c, a, b); });
  const double words = gigaMacs(32, [](__m512i c, __m512i a, __m512i b) { return _mm512_dpwssd_epi32(c, a, b); });
  std::printf("{\"int8\": %.1f, \"int16\": %.1f}\n", bytes, words);
}
