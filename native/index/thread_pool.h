// A few threads that help a search.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace passim {

class ThreadPool {
 public:
  // `threads` counts the calling thread of parallelFor.
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t threads() const { return workers_.size() + 1; }

  // Calls task(slot, i) for i = 0 ... count - 1, here and on the pool's threads, and returns when all are done. No two
  // calls at the same time have the same slot (0 ... threads() - 1). May be called from several threads at once.
  // Rethrows the first exception after every started call has ended.
  void parallelFor(size_t count, const std::function<void(size_t slot, size_t i)>& task);

 private:
  struct Job;
  void work(size_t slot);
  static void take(Job& job, size_t slot);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace passim
