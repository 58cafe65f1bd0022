/* tests/harness/proc.c - see proc.h. */
#include "proc.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one process ---- */

static FILE *open_file(pid_t pid, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return fopen(path, "re");
}

/* The name in the second field may hold blanks and parentheses, so fields are
 * counted from the last ')'. */
bool proc_stat(pid_t pid, struct proc_stat *stat)
{
    FILE *f = open_file(pid, "stat");
    long system, child_user, child_system;
    char text[1024], *fields;
    int parent, group;
    size_t len;

    if (f == NULL)
        return false;
    len = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[len] = '\0';
    fields = strrchr(text, ')');
    if (fields == NULL ||
        sscanf(fields + 1,
               " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld "
               "%*d %*d %d",
               &stat->state, &parent, &group, &stat->user_ticks, &system,
               &child_user, &child_system, &stat->threads) != 8)
        return false;
    stat->pid = pid;
    stat->parent = parent;
    stat->group = group;
    stat->total_ticks = stat->user_ticks + system + child_user + child_system;
    return true;
}

long proc_number(pid_t pid, const char *file, const char *name)
{
    FILE *f = open_file(pid, file);
    size_t len = strlen(name);
    char line[256];
    long number = -1;

    if (f == NULL)
        return -1;
    while (number == -1 && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            number = atol(line + len + 1);
    fclose(f);
    return number;
}

char proc_state(pid_t pid)
{
    struct proc_stat stat;

    return (char)(proc_stat(pid, &stat) ? stat.state : 0);
}

int proc_threads(pid_t pid)
{
    struct proc_stat stat;

    return proc_stat(pid, &stat) ? stat.threads : -1;
}

long proc_rss_kib(pid_t pid)
{
    return proc_number(pid, "status", "VmRSS");
}

long proc_vm_kib(pid_t pid)
{
    return proc_number(pid, "status", "VmSize");
}

bool proc_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd != -1 && write(fd, text, strlen(text)) != -1;

    if (fd != -1)
        close(fd);
    return written;
}

/* ---- several ---- */

DIR *proc_folder(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return opendir(name[0] == '\0' ? "/proc" : path);
}

bool proc_next(DIR *d, long *number)
{
    struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0])) {
            *number = atol(entry->d_name);
            return true;
        }
    if (d != NULL)
        closedir(d);
    return false;
}

int proc_descriptors(pid_t pid)
{
    DIR *d = proc_folder(pid, "fd");
    int count = 0;
    long fd;

    if (d == NULL)
        return -1;
    while (proc_next(d, &fd))
        count++;
    return count;
}

bool proc_threads_are(pid_t pid, const char *states)
{
    DIR *d = proc_folder(pid, "task");
    bool all = true;
    long thread;

    while (proc_next(d, &thread)) {
        char state = proc_state((pid_t)thread);

        if (state != 0 && strchr(states, state) == NULL)
            all = false;
    }
    return all;
}

/* Those of the group or of the parent; -1 is nobody's. */
static struct proc_stat *find(pid_t group, pid_t parent, int *count)
{
    DIR *d = proc_folder(0, "");
    struct proc_stat *found = NULL, stat;
    int room = 0;
    long pid;

    *count = 0;
    while (proc_next(d, &pid)) {
        if (!proc_stat((pid_t)pid, &stat) ||
            (stat.group != group && stat.parent != parent))
            continue;
        if (*count == room) {
            room = 2 * room + 16;
            found = realloc(found, (size_t)room * sizeof(*found));
            if (found == NULL)
                abort();
        }
        found[(*count)++] = stat;
    }
    return found;
}

struct proc_stat *proc_group(pid_t group, int *count)
{
    return find(group, -1, count);
}

struct proc_stat *proc_family(pid_t parent, int *count)
{
    return find(-1, parent, count);
}

int proc_children(pid_t pid)
{
    int count;

    free(proc_family(pid, &count));
    return count;
}

int proc_zombies(pid_t pid)
{
    int count, zombies = 0;
    struct proc_stat *family = proc_family(pid, &count);

    for (int i = 0; i < count; i++)
        zombies += family[i].state == 'Z';
    free(family);
    return zombies;
}
