/* common/roster.c - see roster.h. */
#include "roster.h"

#include <stdlib.h>

int roster_open(struct roster *roster, int capacity)
{
    roster->count = 0;
    roster->members = calloc((size_t)capacity, sizeof(roster->members[0]));
    return roster->members != NULL ? 0 : -1;
}

void roster_add(struct roster *roster, int member)
{
    roster->members[roster->count++] = member;
}

/* The last one takes the free place. */
void roster_remove(struct roster *roster, int member)
{
    for (int i = 0; i < roster->count; i++)
        if (roster->members[i] == member) {
            roster->members[i] = roster->members[--roster->count];
            return;
        }
}
