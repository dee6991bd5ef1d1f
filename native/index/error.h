// An error with one of the codes of app/contract/errors.ts.
#pragma once

#include <stdexcept>
#include <string>

namespace passim {

class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

inline Error guard(const std::string& message) { return Error("native-guard", message); }
inline Error cancelled() { return Error("cancelled", "the search was cancelled"); }

}  // namespace passim
