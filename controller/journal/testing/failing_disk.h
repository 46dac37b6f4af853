#ifndef LIFEBOAT_CONTROLLER_JOURNAL_TESTING_FAILING_DISK_H_
#define LIFEBOAT_CONTROLLER_JOURNAL_TESTING_FAILING_DISK_H_

namespace lifeboat {

// While one lives, every file that SQLite opens can be made to fail. One at a time; it must outlive
// the databases that are opened under it.
class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  // How many of the next calls fail; very many: all from now on.
  static void FailSyncs(int calls);
  static void FailWrites(int calls);
  static void FailOpens(int calls);
};

}  // namespace lifeboat

#endif  // LIFEBOAT_CONTROLLER_JOURNAL_TESTING_FAILING_DISK_H_
