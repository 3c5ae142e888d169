/* A disk whose every write and sync is written down: preloaded, it records what a process does to files in one folder.
 *
 * EYEWALL_DISK names the folder, EYEWALL_TRACE the file to record in. One lock is held over each real call and its
 * record, so the record's order is the order in which things happened. A call that fails is not recorded.
 * Every EYEWALL_FAIL_EVERY-th sync of a write-ahead log fails as on Linux: what was to be synced is not on the disk and
 * can be read all the same, and later syncs know nothing of it. With EYEWALL_DIES that is the end of the process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC = 3, UNLINK = 4, LOSE = 5 };

struct record {
  uint32_t kind;
  uint32_t path_bytes;
  uint64_t offset;
  uint64_t bytes; /* of data behind the path, for WRITE */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static int trace = -1;
static int fail_every, syncs;

#define REAL(type, name, ...)                                   \
  static type (*real)(__VA_ARGS__);                             \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  const char *name = getenv("EYEWALL_TRACE");
  folder = getenv("EYEWALL_DISK");
  if (getenv("EYEWALL_FAIL_EVERY")) fail_every = atoi(getenv("EYEWALL_FAIL_EVERY"));
  if (folder && name) trace = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(uint32_t kind, const char *path, uint64_t offset, const void *data, uint64_t bytes) {
  struct record head = {kind, (uint32_t)strlen(path), offset, bytes};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_bytes}, {(void *)data, data ? bytes : 0}};
  ssize_t all = (ssize_t)(sizeof head + head.path_bytes + parts[2].iov_len);
  if (writev(trace, parts, 3) != all) abort();
}

static int is_ours(const char *path) { return trace >= 0 && strncmp(path, folder, strlen(folder)) == 0; }

static int path_of(int fd, char *path, size_t size) {
  char link[64];
  if (trace < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

static ssize_t write_at(int fd, const void *data, size_t bytes, off_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  char path[4096];
  if (!path_of(fd, path, sizeof path)) return real(fd, data, bytes, offset);
  pthread_mutex_lock(&lock);
  ssize_t done = real(fd, data, bytes, offset);
  if (done > 0) note(WRITE, path, (uint64_t)offset, data, (uint64_t)done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset); }

ssize_t write(int fd, const void *data, size_t bytes) {
  REAL(ssize_t, "write", int, const void *, size_t);
  char path[4096];
  if (!path_of(fd, path, sizeof path)) return real(fd, data, bytes);
  pthread_mutex_lock(&lock);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = real(fd, data, bytes);
  if (done > 0) note(WRITE, path, (uint64_t)offset, data, (uint64_t)done);
  pthread_mutex_unlock(&lock);
  return done;
}

static int cut_off(int fd, off_t size) {
  REAL(int, "ftruncate64", int, off_t);
  char path[4096];
  if (!path_of(fd, path, sizeof path)) return real(fd, size);
  pthread_mutex_lock(&lock);
  int failed = real(fd, size);
  if (!failed) note(TRUNCATE, path, (uint64_t)size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return failed;
}

int ftruncate(int fd, off_t size) { return cut_off(fd, size); }
int ftruncate64(int fd, off_t size) { return cut_off(fd, size); }

static int sync_with(int (*real)(int), int fd) {
  char path[4096];
  if (!path_of(fd, path, sizeof path)) return real(fd);
  pthread_mutex_lock(&lock);
  size_t length = strlen(path);
  if (fail_every && length > 4 && !strcmp(path + length - 4, "-wal") && ++syncs > 20 && syncs % fail_every == 0) {
    note(LOSE, path, 0, NULL, 0);
    if (getenv("EYEWALL_DIES")) _exit(9);
    pthread_mutex_unlock(&lock);
    errno = EIO;
    return -1;
  }
  int failed = real(fd);
  if (!failed) note(SYNC, path, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return failed;
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return sync_with(real, fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return sync_with(real, fd);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  if (!is_ours(path)) return real(path);
  pthread_mutex_lock(&lock);
  int failed = real(path);
  if (!failed) note(UNLINK, path, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return failed;
}
