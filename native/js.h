// Node-API in a few C++ functions: arguments are checked before their memory is touched, errors become exceptions here
// and JavaScript errors with a code at the boundary.
#pragma once

#include <node_api.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/error.h"

namespace passim::js {

// A JavaScript exception is pending already.
struct Pending {};

inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw Pending{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw Error("internal", info != nullptr && info->error_message != nullptr ? info->error_message : "Node-API failed");
}

inline napi_value makeError(napi_env env, const char* code, const std::string& message) {
  napi_value codeValue, messageValue, error;
  check(env, napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &codeValue));
  check(env, napi_create_string_utf8(env, message.c_str(), message.size(), &messageValue));
  check(env, napi_create_error(env, codeValue, messageValue, &error));
  return error;
}

template <typename T>
struct ArrayType;
template <>
struct ArrayType<float> {
  static constexpr napi_typedarray_type kType = napi_float32_array;
  static constexpr const char* kName = "Float32Array";
};
template <>
struct ArrayType<double> {
  static constexpr napi_typedarray_type kType = napi_float64_array;
  static constexpr const char* kName = "Float64Array";
};
template <>
struct ArrayType<int8_t> {
  static constexpr napi_typedarray_type kType = napi_int8_array;
  static constexpr const char* kName = "Int8Array";
};
template <>
struct ArrayType<uint8_t> {
  static constexpr napi_typedarray_type kType = napi_uint8_array;
  static constexpr const char* kName = "Uint8Array";
};
template <>
struct ArrayType<uint16_t> {
  static constexpr napi_typedarray_type kType = napi_uint16_array;
  static constexpr const char* kName = "Uint16Array";
};
template <>
struct ArrayType<uint32_t> {
  static constexpr napi_typedarray_type kType = napi_uint32_array;
  static constexpr const char* kName = "Uint32Array";
};

// A view that is valid during the call.
template <typename T>
struct Span {
  const T* data = nullptr;
  size_t size = 0;
  std::vector<T> copy() const { return std::vector<T>(data, data + size); }
};

inline bool isNull(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type == napi_null || type == napi_undefined;
}

template <typename T>
Span<T> array(napi_env env, napi_value value, const char* name) {
  const std::string field = name;
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) throw guard(field + " must be a " + ArrayType<T>::kName);
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer;
  check(env, napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, nullptr));
  if (type != ArrayType<T>::kType) throw guard(field + " must be a " + ArrayType<T>::kName);
  bool plain = false;
  check(env, napi_is_arraybuffer(env, buffer, &plain));
  if (!plain) throw guard(field + " must not lie in a SharedArrayBuffer");
  bool detached = false;
  check(env, napi_is_detached_arraybuffer(env, buffer, &detached));
  if (detached) throw guard(field + " lies in a detached ArrayBuffer");
  if (reinterpret_cast<uintptr_t>(data) % alignof(T) != 0) throw guard(field + " is misaligned");
  return {static_cast<const T*>(data), length};
}

inline double number(napi_env env, napi_value value, const char* name) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  if (type != napi_number) throw guard(std::string(name) + " must be a number");
  double result = 0;
  check(env, napi_get_value_double(env, value, &result));
  return result;
}

inline uint32_t unsignedInteger(napi_env env, napi_value value, const char* name) {
  const double result = number(env, value, name);
  if (!(result >= 0 && result <= 4294967295.0) || result != std::floor(result))
    throw guard(std::string(name) + " must be an integer 0 ... 4294967295");
  return static_cast<uint32_t>(result);
}

inline bool boolean(napi_env env, napi_value value, const char* name) {
  bool result = false;
  if (napi_get_value_bool(env, value, &result) != napi_ok) throw guard(std::string(name) + " must be a boolean");
  return result;
}

inline std::string text(napi_env env, napi_value value, const char* name) {
  char buffer[64];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, buffer, sizeof buffer, &length) != napi_ok)
    throw guard(std::string(name) + " must be a string");
  return std::string(buffer, length);
}

// A path, in UTF-8.
inline std::string path(napi_env env, napi_value value, const char* name) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok || length == 0 || length > 32768)
    throw guard(std::string(name) + " must be a path");
  std::string result(length + 1, '\0');
  check(env, napi_get_value_string_utf8(env, value, result.data(), result.size(), &length));
  result.resize(length);
  if (result.find('\0') != std::string::npos) throw guard(std::string(name) + " must be a path");
  return result;
}

template <typename T>
napi_value makeArray(napi_env env, const std::vector<T>& values) {
  void* data = nullptr;
  napi_value buffer, result;
  check(env, napi_create_arraybuffer(env, values.size() * sizeof(T), &data, &buffer));
  if (!values.empty()) memcpy(data, values.data(), values.size() * sizeof(T));
  check(env, napi_create_typedarray(env, ArrayType<T>::kType, values.size(), buffer, 0, &result));
  return result;
}

inline napi_value makeNumber(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

inline napi_value makeBoolean(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

inline napi_value makeText(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.c_str(), value.size(), &result));
  return result;
}

inline napi_value makeNull(napi_env env) {
  napi_value result;
  check(env, napi_get_null(env, &result));
  return result;
}

inline napi_value makeUndefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

inline napi_value makeObject(napi_env env, const std::vector<std::pair<const char*, napi_value>>& fields) {
  napi_value result;
  check(env, napi_create_object(env, &result));
  for (const auto& [name, value] : fields) check(env, napi_set_named_property(env, result, name, value));
  return result;
}

// A JavaScript object that owns a shared pointer. Each type has a tag of its own, checked at every use.
template <typename T>
napi_value makeHandle(napi_env env, std::shared_ptr<T> value, const napi_type_tag& tag) {
  napi_value object;
  check(env, napi_create_object(env, &object));
  check(env, napi_type_tag_object(env, object, &tag));
  auto owner = std::make_unique<std::shared_ptr<T>>(std::move(value));
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<T>*>(data); };
  check(env, napi_wrap(env, object, owner.get(), destroy, nullptr, nullptr));
  owner.release();
  return object;
}

template <typename T>
std::shared_ptr<T>& handle(napi_env env, napi_value value, const napi_type_tag& tag, const char* name) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  bool matches = false;
  if (type == napi_object) check(env, napi_check_object_type_tag(env, value, &tag, &matches));
  if (!matches) throw guard(std::string(name) + " is not a handle of this kind");
  void* data = nullptr;
  check(env, napi_unwrap(env, value, &data));
  return *static_cast<std::shared_ptr<T>*>(data);
}

// Work on a thread of libuv's pool, as a promise.
struct Job {
  std::function<void()> run;                       // off the main thread, no Node-API
  std::function<napi_value(napi_env)> result;      // on the main thread, after run
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
  std::string code;
  std::string message;
};

template <typename Call>
void capture(Job& job, Call call) {
  try {
    call();
  } catch (const Error& error) {
    job.code = error.code();
    job.message = error.what();
  } catch (const std::exception& error) {
    job.code = "internal";
    job.message = error.what();
  }
}

inline void complete(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  napi_delete_async_work(env, job->work);
  if (status != napi_ok && job->code.empty()) {
    job->code = "cancelled";
    job->message = "the process is ending";
  }
  try {
    if (job->code.empty()) {
      napi_value value = nullptr;
      capture(*job, [&] { value = job->result(env); });
      if (job->code.empty()) {
        napi_resolve_deferred(env, job->deferred, value);
        return;
      }
    }
    napi_reject_deferred(env, job->deferred, makeError(env, job->code.c_str(), job->message));
  } catch (...) {
    // The environment is going down: nobody is left to tell.
  }
}

inline napi_value startJob(napi_env env, const char* name, std::function<void()> run,
                           std::function<napi_value(napi_env)> result) {
  auto job = std::make_unique<Job>();
  job->run = std::move(run);
  job->result = std::move(result);
  napi_value promise, resource;
  check(env, napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource));
  check(env, napi_create_promise(env, &job->deferred, &promise));
  const auto execute = [](napi_env, void* data) {
    Job& running = *static_cast<Job*>(data);
    capture(running, running.run);
  };
  check(env, napi_create_async_work(env, nullptr, resource, execute, complete, job.get(), &job->work));
  const napi_status queued = napi_queue_async_work(env, job->work);
  if (queued != napi_ok) {
    napi_delete_async_work(env, job->work);
    check(env, queued);
  }
  job.release();
  return promise;
}

// A function of `Count` arguments as Node-API calls it.
template <size_t Count, napi_value (*Function)(napi_env, napi_value*)>
napi_value call(napi_env env, napi_callback_info info) {
  napi_value arguments[Count == 0 ? 1 : Count];
  size_t count = Count;
  std::string code;
  std::string message;
  try {
    check(env, napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr));
    return Function(env, arguments);  // missing arguments are undefined and fail their check
  } catch (const Pending&) {
    return nullptr;
  } catch (const Error& error) {
    code = error.code();
    message = error.what();
  } catch (const std::exception& error) {
    code = "internal";
    message = error.what();
  }
  napi_throw_error(env, code.c_str(), message.c_str());
  return nullptr;
}

}  // namespace passim::js
