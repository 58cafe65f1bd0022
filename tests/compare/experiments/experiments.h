/*
 * tests/compare/experiments/experiments.h - what is asked, measured and
 * concluded. list.inc names them all.
 */
#ifndef EXPERIMENTS_H
#define EXPERIMENTS_H

#include "entrants.h"
#include "rounds.h"
#include "session.h"

#define EXPERIMENT(name, ...) void experiment_##name(struct experiment *e);
#include "list.inc"
#undef EXPERIMENT

#endif
