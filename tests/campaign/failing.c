/* A disk that fails: preloaded into a command, it lets the n-th call on a folder's files fail.

   Built and loaded by the row "disk". Until campaign_arm is called it does nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { FAIL, KILL_BEFORE, KILL_AFTER, SHORT };

static char folder[4096], ops[16];
static int armed, nth, forever, error_number, action, told_to;
static int calls;

/* Call the one of these kinds (w)rite (s)ync (t)runcate (u)nlink (o)pen (r)ename re(a)d fail. */
void campaign_arm(const char *below, const char *kinds, int n, int from_then_on, int error,
                  int what, int tell) {
    snprintf(folder, sizeof folder, "%s", below);
    snprintf(ops, sizeof ops, "%s", kinds);
    nth = n, forever = from_then_on, error_number = error, action = what, told_to = tell;
    calls = 0;
    armed = 1;
}

static int below(const char *path) { return strncmp(path, folder, strlen(folder)) == 0; }

static int is_meant(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path);
}

/* Whether this call is the one. */
static int is_due(char kind) {
    if (!strchr(ops, kind)) return 0;
    calls++;
    if (calls < nth || (calls > nth && !forever)) return 0;
    syscall(SYS_write, told_to, ".", 1);
    if (action == KILL_BEFORE) kill(getpid(), SIGKILL);
    return 1;
}

static int struck(char kind, int fd) { return armed && is_meant(fd) && is_due(kind); }
static int struck_path(char kind, const char *path) { return armed && below(path) && is_due(kind); }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define DO(kind, due, call)                              \
    do {                                                 \
        if (!(due)) return call;                         \
        if (action == KILL_AFTER) {                      \
            (void)!call;                                 \
            kill(getpid(), SIGKILL);                     \
        }                                                \
        errno = error_number;                            \
        return -1;                                       \
    } while (0)
#define WRITE(due, whole, half)                          \
    do {                                                 \
        if ((due) && action == SHORT && size > 1) {      \
            /* The disk is full in the middle: what follows fails. */ \
            action = FAIL, forever = 1, nth = calls;     \
            return half;                                 \
        }                                                \
    } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    int due = struck('w', fd);
    WRITE(due, size, REAL(write)(fd, data, size / 2));
    DO('w', due, REAL(write)(fd, data, size));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    int due = struck('w', fd);
    WRITE(due, size, REAL(pwrite)(fd, data, size / 2, at));
    DO('w', due, REAL(pwrite)(fd, data, size, at));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    int due = struck('w', fd);
    WRITE(due, size, REAL(pwrite64)(fd, data, size / 2, at));
    DO('w', due, REAL(pwrite64)(fd, data, size, at));
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
    DO('a', struck('a', fd), REAL(pread)(fd, data, size, at));
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    DO('a', struck('a', fd), REAL(pread64)(fd, data, size, at));
}
int fsync(int fd) { DO('s', struck('s', fd), REAL(fsync)(fd)); }
int fdatasync(int fd) { DO('s', struck('s', fd), REAL(fdatasync)(fd)); }
int ftruncate(int fd, off_t size) { DO('t', struck('t', fd), REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { DO('t', struck('t', fd), REAL(ftruncate64)(fd, size)); }
int unlink(const char *path) { DO('u', struck_path('u', path), REAL(unlink)(path)); }
int rename(const char *from, const char *to) {
    DO('r', struck_path('r', to), REAL(rename)(from, to));
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    DO('o', struck_path('o', path), REAL(open)(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    DO('o', struck_path('o', path), REAL(open64)(path, flags, mode));
}
