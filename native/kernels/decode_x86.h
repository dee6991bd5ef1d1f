// Unpacks one residual into int16 codes with byte shuffles; included inside the anonymous namespace of an x86 kernel.
// Reads whole 16-byte groups (kDecodeRead) and writes up to 63 codes beyond the dimension (kDecodeSlack).

PASSIM_TARGET PASSIM_INLINE void widenAndStore(__m128i bytes, int16_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_cvtepi8_epi16(bytes));
}

PASSIM_TARGET PASSIM_INLINE void decodeX86(const Decoder& decoder, const uint8_t* packed, int16_t* out) {
  const __m128i low = _mm_set1_epi8(0x0f);
  const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(decoder.codes));
  if (decoder.bits == 4) {
    for (size_t byte = 0; byte < decoder.width; byte += 16, out += 32) {
      const __m128i group = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + byte));
      const __m128i even = _mm_shuffle_epi8(codes, _mm_and_si128(group, low));
      const __m128i odd = _mm_shuffle_epi8(codes, _mm_and_si128(_mm_srli_epi16(group, 4), low));
      widenAndStore(_mm_unpacklo_epi8(even, odd), out);
      widenAndStore(_mm_unpackhi_epi8(even, odd), out + 16);
    }
    return;
  }
  const __m128i two = _mm_set1_epi8(3);
  for (size_t byte = 0; byte < decoder.width; byte += 16, out += 64) {
    const __m128i group = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + byte));
    const __m128i first = _mm_shuffle_epi8(codes, _mm_and_si128(group, two));
    const __m128i second = _mm_shuffle_epi8(codes, _mm_and_si128(_mm_srli_epi16(group, 2), two));
    const __m128i third = _mm_shuffle_epi8(codes, _mm_and_si128(_mm_srli_epi16(group, 4), two));
    const __m128i fourth = _mm_shuffle_epi8(codes, _mm_and_si128(_mm_srli_epi16(group, 6), two));
    const __m128i frontLow = _mm_unpacklo_epi8(first, second);
    const __m128i frontHigh = _mm_unpackhi_epi8(first, second);
    const __m128i backLow = _mm_unpacklo_epi8(third, fourth);
    const __m128i backHigh = _mm_unpackhi_epi8(third, fourth);
    widenAndStore(_mm_unpacklo_epi16(frontLow, backLow), out);
    widenAndStore(_mm_unpackhi_epi16(frontLow, backLow), out + 16);
    widenAndStore(_mm_unpacklo_epi16(frontHigh, backHigh), out + 32);
    widenAndStore(_mm_unpackhi_epi16(frontHigh, backHigh), out + 48);
  }
}
