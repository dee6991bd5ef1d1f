// A test framework in a page: cases register themselves, EXPECT counts and reports.
#pragma once

#include <cstdio>
#include <random>
#include <vector>

struct TestCase {
  const char* name;
  void (*run)();
};

inline std::vector<TestCase>& testCases() {
  static std::vector<TestCase> cases;
  return cases;
}

inline size_t& testFailures() {
  static size_t failures = 0;
  return failures;
}

struct RegisterTest {
  RegisterTest(const char* name, void (*run)()) { testCases().push_back({name, run}); }
};

#define TEST(name)                                            \
  static void name();                                         \
  static const RegisterTest register_##name{#name, name};     \
  static void name()

#define EXPECT(condition, ...)                                                       \
  do {                                                                               \
    if (!(condition)) {                                                              \
      if (++testFailures() <= 20) {                                                  \
        std::printf("%s:%d: %s does not hold: ", __FILE__, __LINE__, #condition);    \
        std::printf(__VA_ARGS__);                                                    \
        std::printf("\n");                                                           \
      }                                                                              \
    }                                                                                \
  } while (false)

using Random = std::mt19937;

inline size_t below(Random& random, size_t bound) { return random() % bound; }

inline float uniform(Random& random, float low, float high) {
  return low + (high - low) * static_cast<float>(random() >> 8) / 16777216.0f;
}
