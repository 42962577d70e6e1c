/* A disk that fails on demand, under the real writer: preloaded, it stands between the process and
 * libc for files whose name holds "tfevents", and passes everything else through.
 * Compiled and driven by faulty_disk.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE, SYNC, OPEN, TRUNCATE, CALLS };
enum { FAIL, KILL, HANG };

typedef struct {
  int from, count; /* the from-th call and the count - 1 after it fail; from 0: none */
  int error;       /* errno */
  int bytes;       /* the first write takes so many bytes before anything goes wrong */
  int action;
  int seen, hit;
} Rule;

static Rule rules[CALLS];
static volatile int released;
static char ours[1 << 16];

void disk_rule(int call, int from, int count, int error, int bytes, int action) {
  Rule rule = {from, count, error, bytes, action, 0, 0};
  rules[call] = rule;
  if (from && action == HANG) released = 0;
}

int disk_hits(int call) { return rules[call].hit; }

void disk_release(void) { released = 1; }

/* Whether this call is to fail; counts it. */
static Rule *hit(int call) {
  Rule *rule = &rules[call];
  if (!rule->from) return 0;
  rule->seen++;
  if (rule->seen < rule->from || rule->seen - rule->from >= rule->count) return 0;
  rule->hit++;
  if (rule->action == HANG)
    while (!released) usleep(1000);
  return rule->action == HANG ? 0 : rule;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_ours(int fd) { return fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

ssize_t write(int fd, const void *data, size_t size) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = REAL(write);
  Rule *rule = is_ours(fd) ? hit(WRITE) : 0;
  if (!rule) return real(fd, data, size);
  if (rule->bytes && rule->hit == 1) {
    size_t part = (size_t)rule->bytes < size ? (size_t)rule->bytes : size;
    ssize_t written = real(fd, data, part);
    if (rule->action == KILL) kill(getpid(), SIGKILL);
    return written;
  }
  if (rule->action == KILL) kill(getpid(), SIGKILL);
  errno = rule->error;
  return -1;
}

int fdatasync(int fd) {
  if (is_ours(fd)) {
    Rule *rule = hit(SYNC);
    if (rule) { errno = rule->error; return -1; }
  }
  return REAL(fdatasync)(fd);
}

static int truncate_or_fail(int fd, off64_t size) {
  if (is_ours(fd)) {
    Rule *rule = hit(TRUNCATE);
    if (rule) { errno = rule->error; return -1; }
  }
  return REAL(ftruncate64)(fd, size);
}

int ftruncate(int fd, off_t size) { return truncate_or_fail(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncate_or_fail(fd, size); }

static int open_or_fail(const char *path, int flags, mode_t mode) {
  int mine = strstr(path, "tfevents") != 0 && (flags & O_ACCMODE) != O_RDONLY;
  if (mine) {
    Rule *rule = hit(OPEN);
    if (rule) { errno = rule->error; return -1; }
  }
  int fd = REAL(open64)(path, flags, mode);
  if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = (char)mine;
  return fd;
}

#define OPEN_LIKE(name)                                                 \
  int name(const char *path, int flags, ...) {                          \
    va_list rest;                                                       \
    va_start(rest, flags);                                              \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                       \
    return open_or_fail(path, flags, mode);                             \
  }
OPEN_LIKE(open)
OPEN_LIKE(open64)

int close(int fd) {
  if (is_ours(fd)) ours[fd] = 0;
  return REAL(close)(fd);
}
