/*
 * tests/compare/experiments/floor.c - what our servers cost, held against the
 * barest loops that can be written (floors/): only by name, compare --only
 * floor. --rounds 25 makes it surer; the floor against itself says how sure.
 */
#include "experiments.h"

#include <math.h>
#include <stdio.h>

static const struct {
    unsigned trait;
    const char *name, *program;
} floors[] = {{TRAIT_LOOP, "floor_epoll", PROGRAMS "/floor_epoll"},
              {TRAIT_THREAD_EACH, "floor_thread", PROGRAMS "/floor_thread"},
              {TRAIT_PROCESS_EACH, "floor_fork", PROGRAMS "/floor_fork"}};
enum { FLOORS = sizeof(floors) / sizeof(floors[0]), MOST_IDLE = 10000 };

static struct entrant *floor_of(const struct entrant *s, struct crew *bare)
{
    for (int i = 0; i < FLOORS; i++)
        if (s->server != NULL && server_has(s->server, floors[i].trait))
            return &bare->all[i];
    return &bare->all[0];
}

/* A pair: the floor is asked beside each server, in frames where that wants
 * them; to it, they are bytes. */
static void add_pairs(struct cells *cells, struct crew *crew, struct crew *bare,
                      int clients)
{
    for (int i = 0; i < crew->count; i++) {
        struct entrant *s = &crew->all[i];
        char options[64];

        if (clients > most_for(s))
            continue;
        snprintf(options, sizeof(options), "%s--patience 30 --clients %d",
                 s->framed ? "--framed " : "", clients);
        cell_add(cells, s, clients, options);
        cell_add(cells, floor_of(s, bare), clients, options);
    }
}

static void measure_idle(struct experiment *e)
{
    struct crew crew = {.count = 0};

    crew_add(e, &crew, TRAIT_LOOP, NULL);
    for (int i = 0; i < crew.count; i++) {
        struct entrant *s = &crew.all[i];
        int clients = most_for(s) < MOST_IDLE ? most_for(s) - 1 : MOST_IDLE;
        double bytes = 1024 * kib_per_client(s, clients);
        char note[LINE_SIZE];

        snprintf(note, sizeof(note), "at %d clients", clients);
        add_values(e, 'c', s->name, 0, &bytes, !isnan(bytes), note);
    }
    crew_stop(&crew);
}

static void conclude_floor(struct experiment *e)
{
    const struct figure *worst = NULL;

    for (int i = 0; i < e->n_figures; i++)
        if (e->figures[i].picture == 'a' &&
            (worst == NULL || e->figures[i].median < worst->median))
            worst = &e->figures[i];
    assert_kept(e, worst != NULL && worst->median >= 0.8,
                "no server costs a quarter more than the barest loop");
    conclude(e, worst != NULL && worst->median >= 0.97 ? HOLDS : HOLDS_BUT,
             "%s with 10 and 100 clients: %.2f and %.2f. The lowest is %s with "
             "%.0f, %.2f. A silent client takes %.0f bytes of %s.",
             models.epoll, take_median(e, 'a', models.epoll, 10),
             take_median(e, 'a', models.epoll, 100),
             worst != NULL ? worst->series : "none",
             worst != NULL ? worst->x : 0, worst != NULL ? worst->median : 0,
             take_median(e, 'c', models.epoll, 0), models.epoll);
}

void experiment_floor(struct experiment *e)
{
    static struct cells cells;
    struct crew crew = {.count = 0}, bare = {.count = 0};

    ADD_PICTURE(
        e, .title = "CPU time for a message: the barest loop's over its",
        .x_title = "clients", .y_title = "of the barest loop's", .log_x = true);
    ADD_PICTURE(e, .title = "CPU time for a message", .x_title = "clients",
                .y_title = CPU_TITLE, .log_x = true);
    ADD_PICTURE(e, .shape = BARS, .title = "Memory for a silent client",
                .y_title = "bytes");
    for (int i = 0; i < FLOORS; i++)
        crew_add_program(&bare, floors[i].name,
                         (const char *[]){floors[i].program, NULL});
    crew_add(e, &crew, TRAIT_CONCURRENT | ENTERED, NULL);
    crew_add_program(&crew, "floor_epoll itself",
                     (const char *[]){floors[0].program, NULL});
    for (int clients = 10; clients <= (wishes.full ? 10000 : 100);
         clients *= 10)
        add_pairs(&cells, &crew, &bare, clients);
    measure_cells(e, &cells);
    crew_stop(&crew);
    crew_stop(&bare);
    for (int i = 0; i < cells.count; i += 2) {
        const struct cell *c = &cells.all[i];

        add_ratio(e, 'a', c->entrant->name, c, c + 1);
        add_figure_at(e, 'b', c, CPU_US, c->x);
    }
    measure_idle(e);
    conclude_floor(e);
}
