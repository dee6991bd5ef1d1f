// Unpacks one residual into int16 codes with byte shuffles; included inside the anonymous namespace of an x86 kernel.
// Reads whole 16-byte groups (kDecodeRead) and writes up to 63 codes beyond the dimension (kDecodeSlack).

PASSIM_TARGET PASSIM_INLINE void widenAndStore(__m128i bytes, int16_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_cvtepi8_epi16(bytes));
}

// The same plus twice the bits of `low`, one for each code.
PASSIM_TARGET PASSIM_INLINE void widenAddAndStore(__m128i bytes, const uint8_t* low, int16_t* out) {
  const __m256i select = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
  uint16_t bits;
  memcpy(&bits, low, sizeof bits);
  const __m256i set = _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(static_cast<short>(bits)), select), select);
  const __m256i added = _mm256_and_si256(set, _mm256_set1_epi16(2));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_add_epi16(_mm256_cvtepi8_epi16(bytes), added));
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
  // Three bits: the upper two lie as two bits do, the lowest ones behind them, and code = upper code + 2 x lowest bit.
  const bool three = decoder.bits == 3;
  const __m128i two = _mm_set1_epi8(3);
  const __m128i upper = three ? _mm_setr_epi8(-7, -3, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) : codes;
  const size_t quarter = decoder.dimension / 4;
  for (size_t byte = 0; byte < quarter; byte += 16, out += 64) {
    const __m128i group = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + byte));
    const __m128i first = _mm_shuffle_epi8(upper, _mm_and_si128(group, two));
    const __m128i second = _mm_shuffle_epi8(upper, _mm_and_si128(_mm_srli_epi16(group, 2), two));
    const __m128i third = _mm_shuffle_epi8(upper, _mm_and_si128(_mm_srli_epi16(group, 4), two));
    const __m128i fourth = _mm_shuffle_epi8(upper, _mm_and_si128(_mm_srli_epi16(group, 6), two));
    const __m128i frontLow = _mm_unpacklo_epi8(first, second);
    const __m128i frontHigh = _mm_unpackhi_epi8(first, second);
    const __m128i backLow = _mm_unpacklo_epi8(third, fourth);
    const __m128i backHigh = _mm_unpackhi_epi8(third, fourth);
    const __m128i ordered[4] = {_mm_unpacklo_epi16(frontLow, backLow), _mm_unpackhi_epi16(frontLow, backLow),
                                _mm_unpacklo_epi16(frontHigh, backHigh), _mm_unpackhi_epi16(frontHigh, backHigh)};
    for (size_t part = 0; part < 4; part++) {
      const size_t at = 4 * byte + 16 * part;
      if (three && at < decoder.dimension)
        widenAddAndStore(ordered[part], packed + quarter + at / 8, out + 16 * part);
      else
        widenAndStore(ordered[part], out + 16 * part);
    }
  }
}
