#include "controller/admin/watchers.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/grpc_status.h"
#include "controller/admin/wire.h"

namespace lifeboat::admin {
namespace {

constexpr size_t kMostWatchers = 256;
constexpr int kMostEventsAtOnce = 10'000;
const absl::Duration kShortestRound = absl::Milliseconds(250);
const absl::Duration kLongestRound = absl::Milliseconds(500);

}  // namespace

// What both kinds share: one write in flight, one end. A stream lives until gRPC has done with it;
// whoever else still holds it finds it ended.
template <typename Message>
class Watchers::Stream : public grpc::ServerWriteReactor<Message>, public Watcher {
 public:
  explicit Stream(Watchers& watchers) : watchers_(watchers) {}

  void Begin(std::shared_ptr<Stream> self) {
    self_ = std::move(self);
    if (!watchers_.Add(self_)) {
      End(absl::ResourceExhaustedError("too many watch this controller; try again later"));
    }
  }

  void OnWriteDone(bool ok) final {
    {
      MutexLock lock(mutex_);
      writing_.reset();
    }
    if (!ok) return End(absl::CancelledError("the reader is gone"));
    Go();
  }
  void OnCancel() final { End(absl::CancelledError("the reader is gone")); }
  void OnDone() final {
    watchers_.Remove(this);
    self_.reset();  // the last use of this object, unless somebody holds it still
  }

 protected:
  // What to write next, if anything waits. Called under the lock.
  virtual std::optional<Message> Next() = 0;

  // Writes what waits unless a write is under way.
  void Go() {
    const Message* message = nullptr;
    std::optional<grpc::Status> status;
    {
      MutexLock lock(mutex_);
      if (writing_.has_value() || finished_) return;
      if (end_.has_value()) {
        finished_ = true;
        status = ToGrpc(*end_);
      } else if (writing_ = Next(); writing_.has_value()) {
        message = &*writing_;
      }
    }
    // Outside the lock: gRPC may call back from within.
    if (status.has_value()) this->Finish(*status);
    if (message != nullptr) this->StartWrite(message);
  }

  void End(const absl::Status& why) {
    {
      MutexLock lock(mutex_);
      if (!end_.has_value()) end_ = why;
    }
    Go();
  }

  Watchers& watchers_;
  Mutex mutex_;

 private:
  std::shared_ptr<Stream> self_;
  std::optional<Message> writing_ GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ GUARDED_BY(mutex_);
  bool finished_ GUARDED_BY(mutex_) = false;
};

class Watchers::StatusStream final : public Stream<v1::StatusView> {
 public:
  using Stream::Stream;

  void Look(const std::shared_ptr<const v1::StatusView>& view) override {
    {
      MutexLock lock(mutex_);
      newest_ = view;
    }
    Go();
  }

 protected:
  std::optional<v1::StatusView> Next() override {
    const auto view = std::exchange(newest_, nullptr);
    if (view == nullptr) return std::nullopt;
    return *view;
  }

 private:
  std::shared_ptr<const v1::StatusView> newest_;
};

class Watchers::EventStream final : public Stream<v1::EventView>,
                                    public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(Watchers& watchers, EventQuery query)
      : Stream(watchers), controls_(watchers.controls_), query_(std::move(query)) {
    query_.limit = kMostEventsAtOnce;
  }

  // The journal is asked again once all that it said is written: it is the queue.
  void Look(const std::shared_ptr<const v1::StatusView>&) override {
    {
      MutexLock lock(mutex_);
      if (asking_ || !events_.empty()) return;
      asking_ = true;
    }
    const bool asked = watchers_.workers_.Do([self = shared_from_this()] { self->Ask(); });
    if (asked) return;
    MutexLock lock(mutex_);
    asking_ = false;  // another time
  }

 protected:
  std::optional<v1::EventView> Next() override {
    if (events_.empty()) return std::nullopt;
    v1::EventView next = ToProto(events_.front());
    events_.pop_front();
    return next;
  }

 private:
  // On a worker, and perhaps after the end of the stream and of the watchers: touches neither.
  void Ask() {
    const auto events = controls_.Events(query_);
    {
      MutexLock lock(mutex_);
      asking_ = false;
      if (events.ok()) events_.assign(events->begin(), events->end());
      if (events.ok() && !events->empty()) query_.after_id = events->back().id;
    }
    if (!events.ok()) return End(events.status());
    Go();
  }

  Controls& controls_;
  EventQuery query_;  // touched by the one Ask that is under way
  std::deque<Event> events_;
  bool asking_ = false;
};

Watchers::Watchers(Controls& controls, ViewSource& views, WorkerPool& workers)
    : controls_(controls), views_(views), workers_(workers), thread_([this] { Run(); }) {}

Watchers::~Watchers() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

grpc::ServerWriteReactor<v1::StatusView>* Watchers::WatchStatus() {
  const auto stream = std::make_shared<StatusStream>(*this);
  stream->Begin(stream);
  stream->Look(views_.Current());
  return stream.get();
}

grpc::ServerWriteReactor<v1::EventView>* Watchers::WatchEvents(EventQuery query) {
  const auto stream = std::make_shared<EventStream>(*this, std::move(query));
  stream->Begin(stream);
  stream->Look(nullptr);
  return stream.get();
}

bool Watchers::Add(const std::shared_ptr<Watcher>& watcher) {
  {
    MutexLock lock(mutex_);
    if (watchers_.size() >= kMostWatchers) return false;
    watchers_.push_back(watcher);
  }
  changed_.NotifyAll();
  return true;
}

void Watchers::Remove(const Watcher* watcher) {
  MutexLock lock(mutex_);
  watchers_.erase(std::remove_if(watchers_.begin(), watchers_.end(),
                                 [watcher](const auto& one) { return one.get() == watcher; }),
                  watchers_.end());
}

bool Watchers::AwaitWatchers() {
  MutexLock lock(mutex_);
  while (watchers_.empty() && !ending_) changed_.Wait(mutex_);
  return !ending_;
}

bool Watchers::Pause(absl::Duration limit) {
  MutexLock lock(mutex_);
  if (!ending_) changed_.WaitFor(mutex_, limit);
  return !ending_;
}

void Watchers::Run() {
  uint64_t seen = 0;
  while (AwaitWatchers()) {
    const std::shared_ptr<const Snapshot> snapshot = controls_.AwaitNewer(seen, kLongestRound);
    seen = snapshot->sequence;
    const std::shared_ptr<const v1::StatusView> view = views_.Of(*snapshot);
    std::vector<std::shared_ptr<Watcher>> watchers;
    {
      MutexLock lock(mutex_);
      watchers = watchers_;
    }
    for (const std::shared_ptr<Watcher>& watcher : watchers) watcher->Look(view);
    if (!Pause(kShortestRound)) return;
  }
}

}  // namespace lifeboat::admin
