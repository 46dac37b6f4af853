#include "controller/journal/testing/failing_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <map>

namespace lifeboat {
namespace {

// SQLite's callbacks carry no context, so this is the one place for it.
std::atomic<int> failing_syncs = 0, failing_writes = 0, failing_opens = 0;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs vfs;
// Databases lock and logs do not, so there is more than one table of methods.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> failing_methods;
int (*real_sync)(sqlite3_file*, int);
int (*real_write)(sqlite3_file*, const void*, int, sqlite3_int64);

bool Fails(std::atomic<int>& calls) { return calls > 0 && calls-- > 0; }

int Sync(sqlite3_file* file, int flags) {
  return Fails(failing_syncs) ? SQLITE_IOERR_FSYNC : real_sync(file, flags);
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return Fails(failing_writes) ? SQLITE_IOERR_WRITE : real_write(file, data, size, offset);
}

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;  // or SQLite would close it
  if (Fails(failing_opens)) return SQLITE_CANTOPEN;
  const int opened = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (opened != SQLITE_OK || file->pMethods == nullptr) return opened;
  real_sync = file->pMethods->xSync;
  real_write = file->pMethods->xWrite;
  sqlite3_io_methods& methods = failing_methods[file->pMethods];
  methods = *file->pMethods;
  methods.xSync = &Sync;
  methods.xWrite = &Write;
  file->pMethods = &methods;
  return opened;
}

}  // namespace

FailingDisk::FailingDisk() {
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs = *real_vfs;
  vfs.zName = "failing";
  vfs.xOpen = &Open;
  sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&vfs);
  sqlite3_vfs_register(real_vfs, /*makeDflt=*/1);
  failing_syncs = failing_writes = failing_opens = 0;
}

void FailingDisk::FailSyncs(int calls) { failing_syncs = calls; }
void FailingDisk::FailWrites(int calls) { failing_writes = calls; }
void FailingDisk::FailOpens(int calls) { failing_opens = calls; }

}  // namespace lifeboat
