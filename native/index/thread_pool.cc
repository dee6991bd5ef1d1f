#include "index/thread_pool.h"

#include <algorithm>
#include <exception>

namespace passim {

struct ThreadPool::Job {
  const std::function<void(size_t, size_t)>* task;
  size_t count;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable idle;
  size_t active = 0;  // helpers inside take(), under mutex
  std::exception_ptr error;
};

ThreadPool::ThreadPool(size_t threads) {
  for (size_t slot = 1; slot < threads; slot++) workers_.emplace_back([this, slot] { work(slot); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::take(Job& job, size_t slot) {
  try {
    for (size_t i = job.next++; i < job.count; i = job.next++) (*job.task)(slot, i);
  } catch (...) {
    job.next = job.count;
    const std::lock_guard lock(job.mutex);
    if (!job.error) job.error = std::current_exception();
  }
}

void ThreadPool::parallelFor(size_t count, const std::function<void(size_t, size_t)>& task) {
  if (count == 0) return;
  if (count == 1 || workers_.empty()) {
    for (size_t i = 0; i < count; i++) task(0, i);
    return;
  }
  const auto job = std::make_shared<Job>();
  job->task = &task;
  job->count = count;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
  }
  wake_.notify_all();
  take(*job, 0);
  {
    const std::lock_guard lock(mutex_);
    jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
  }
  std::unique_lock lock(job->mutex);
  job->idle.wait(lock, [&job] { return job->active == 0; });
  if (job->error) std::rethrow_exception(job->error);
}

void ThreadPool::work(size_t slot) {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Job> job = jobs_.front();
    {
      const std::lock_guard jobLock(job->mutex);
      job->active++;
    }
    lock.unlock();
    take(*job, slot);
    lock.lock();
    // Its tasks are all handed out: nobody else needs to look at it.
    jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), job), jobs_.end());
    const std::lock_guard jobLock(job->mutex);
    if (--job->active == 0) job->idle.notify_all();
  }
}

}  // namespace passim
