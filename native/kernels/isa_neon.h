// Operations of 128-bit NEON registers for tile.h that do not depend on how the integer products are made.
struct IsaNeon {
  using Float = float32x4_t;
  using Int = uint32x4_t;
  static constexpr int kWidth = 4;
  static constexpr int kBlockTile = 1;

  PASSIM_TARGET static PASSIM_INLINE Float zero() { return vdupq_n_f32(0); }
  PASSIM_TARGET static PASSIM_INLINE Float load(const float* p) { return vld1q_f32(p); }
  PASSIM_TARGET static PASSIM_INLINE void store(float* p, Float v) { vst1q_f32(p, v); }
  PASSIM_TARGET static PASSIM_INLINE Float broadcast(float v) { return vdupq_n_f32(v); }
  PASSIM_TARGET static PASSIM_INLINE Float add(Float a, Float b) { return vaddq_f32(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float multiply(Float a, Float b) { return vmulq_f32(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float maximum(Float a, Float b) { return vmaxq_f32(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Float fusedMultiplyAdd(Float a, Float b, Float c) { return vfmaq_f32(c, a, b); }
  PASSIM_TARGET static PASSIM_INLINE uint32x4_t greater(Float a, Float b) { return vcgtq_f32(a, b); }
  PASSIM_TARGET static PASSIM_INLINE Int select(uint32x4_t mask, uint32_t value, Int otherwise) {
    return vbslq_u32(mask, vdupq_n_u32(value), otherwise);
  }
  PASSIM_TARGET static PASSIM_INLINE Int loadInt(const uint32_t* p) { return vld1q_u32(p); }
  PASSIM_TARGET static PASSIM_INLINE void storeInt(uint32_t* p, Int v) { vst1q_u32(p, v); }
};

// Unpacks a residual; `emit(codes, at)` takes 16 codes at a time, up to 63 beyond the dimension.
template <typename Emit>
PASSIM_TARGET PASSIM_INLINE void decodeNeon(const Decoder& decoder, const uint8_t* packed, Emit emit) {
  const int8x16_t codes = vld1q_s8(decoder.codes);
  if (decoder.bits == 4) {
    for (size_t byte = 0; byte < decoder.width; byte += 16) {
      const uint8x16_t group = vld1q_u8(packed + byte);
      const int8x16_t even = vqtbl1q_s8(codes, vandq_u8(group, vdupq_n_u8(15)));
      const int8x16_t odd = vqtbl1q_s8(codes, vshrq_n_u8(group, 4));
      emit(vzip1q_s8(even, odd), 2 * byte);
      emit(vzip2q_s8(even, odd), 2 * byte + 16);
    }
    return;
  }
  // Three bits: the upper two lie as two bits do, the lowest ones behind them, and code = upper code + 2 x lowest bit.
  const bool three = decoder.bits == 3;
  const uint8x16_t two = vdupq_n_u8(3);
  const int8_t upperCodes[16] = {-7, -3, 1, 5};
  const uint8_t selected[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const int8x16_t upper = three ? vld1q_s8(upperCodes) : codes;
  const uint8x16_t select = vld1q_u8(selected);
  const size_t quarter = decoder.dimension / 4;
  for (size_t byte = 0; byte < quarter; byte += 16) {
    const uint8x16_t group = vld1q_u8(packed + byte);
    const int8x16_t first = vqtbl1q_s8(upper, vandq_u8(group, two));
    const int8x16_t second = vqtbl1q_s8(upper, vandq_u8(vshrq_n_u8(group, 2), two));
    const int8x16_t third = vqtbl1q_s8(upper, vandq_u8(vshrq_n_u8(group, 4), two));
    const int8x16_t fourth = vqtbl1q_s8(upper, vshrq_n_u8(group, 6));
    const int16x8_t frontLow = vreinterpretq_s16_s8(vzip1q_s8(first, second));
    const int16x8_t frontHigh = vreinterpretq_s16_s8(vzip2q_s8(first, second));
    const int16x8_t backLow = vreinterpretq_s16_s8(vzip1q_s8(third, fourth));
    const int16x8_t backHigh = vreinterpretq_s16_s8(vzip2q_s8(third, fourth));
    const int8x16_t ordered[4] = {vreinterpretq_s8_s16(vzip1q_s16(frontLow, backLow)),
                                  vreinterpretq_s8_s16(vzip2q_s16(frontLow, backLow)),
                                  vreinterpretq_s8_s16(vzip1q_s16(frontHigh, backHigh)),
                                  vreinterpretq_s8_s16(vzip2q_s16(frontHigh, backHigh))};
    for (size_t part = 0; part < 4; part++) {
      const size_t at = 4 * byte + 16 * part;
      if (!three || at >= decoder.dimension) {
        emit(ordered[part], at);
        continue;
      }
      const uint8_t* const low = packed + quarter + at / 8;
      const uint8x16_t set = vtstq_u8(vcombine_u8(vdup_n_u8(low[0]), vdup_n_u8(low[1])), select);
      emit(vaddq_s8(ordered[part], vreinterpretq_s8_u8(vandq_u8(set, vdupq_n_u8(2)))), at);
    }
  }
}
