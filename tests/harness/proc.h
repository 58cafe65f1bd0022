/*
 * tests/harness/proc.h - what /proc says of a process (proc(5)). What cannot
 * be looked at, for it is gone or the kernel does not say, gives -1: nothing
 * here ends the caller.
 */
#ifndef PROC_H
#define PROC_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

/* ---- one process ---- */

/* A line of /proc/PID/stat; times in ticks (sysconf(3), _SC_CLK_TCK). */
struct proc_stat {
    pid_t pid, parent, group;
    char state; /* R, S, D, T, Z ... */
    int threads;
    long user_ticks;  /* its own */
    long total_ticks; /* user and system, its reaped children's too */
};
bool proc_stat(pid_t pid, struct proc_stat *stat);

/* A line such as "VmRSS:     1234 kB" of a file such as "status". */
long proc_number(pid_t pid, const char *file, const char *name);

int proc_descriptors(pid_t pid); /* open ones */
int proc_threads(pid_t pid);
int proc_children(pid_t pid); /* living ones and zombies */
int proc_zombies(pid_t pid);  /* children that wait to be reaped */
long proc_rss_kib(pid_t pid); /* VmRSS */
long proc_vm_kib(pid_t pid);  /* VmSize: address space */
char proc_state(pid_t pid);   /* 0: it is gone */

/* Is each of its threads in one of these states? One that is gone is. */
bool proc_threads_are(pid_t pid, const char *states);

/* ---- several ---- */

/* All of a process group, all children of a process; the caller frees. */
struct proc_stat *proc_group(pid_t group, int *count);
struct proc_stat *proc_family(pid_t parent, int *count);

/* Goes through the numbers in a folder of /proc: "fd" or "task" of a process,
 * or the processes themselves (""). What has changed meanwhile is no problem:
 * who looks, looks again. False at the end, and `d` is closed; it may be
 * NULL. */
DIR *proc_folder(pid_t pid, const char *name);
bool proc_next(DIR *d, long *number);

/* Writes what a file of /proc takes. False and errno. */
bool proc_write(const char *path, const char *text);

#endif
