// Native tests without Node: kernels and index, so that they run under sanitizers and emulators.
//   native-test [part of a test's name]
#include <cstring>

#include "kernels/kernel.h"
#include "test.h"

int main(int count, char** arguments) {
  size_t kernels = 0;
  const passim::Kernel* const* available = passim::availableKernels(&kernels);
  std::printf("kernels:");
  for (size_t i = 0; i < kernels; i++) std::printf(" %s", available[i]->name);
  std::printf("\n");
  size_t run = 0;
  for (const TestCase& test : testCases()) {
    if (count > 1 && std::strstr(test.name, arguments[1]) == nullptr) continue;
    const size_t before = testFailures();
    test.run();
    run++;
    std::printf("%s %s\n", testFailures() == before ? "ok  " : "FAIL", test.name);
  }
  if (run == 0) std::printf("no test has that name\n");
  std::printf("%zu tests, %zu failures\n", run, testFailures());
  return run > 0 && testFailures() == 0 ? 0 : 1;
}
