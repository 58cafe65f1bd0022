/*
 * tests/compare/load/scripted.h - servers that do one thing wrong, on purpose,
 * to see whether load finds it. load_test runs itself as one: load_test --serve
 * BEHAVIOUR [NUMBER], which prints "listening on ..." as every server here.
 *
 *     echo           every byte back
 *     flip N         changes every N-th byte
 *     extra N        after every N bytes says one that nobody asked for
 *     lose N         every N-th byte does not come back
 *     swap           gives each piece to the client that spoke before
 *     close N        hangs up on a client after N bytes
 *     reset N        the same, with a reset
 *     die N          ends after it got N bytes, like one with a bug
 *     trickle        every byte back, each by itself
 *     slow MS        answers every tenth piece MS late; a thread for each
 *                    client, so that the others do not wait
 *     stall MS       half a second after the first byte stops for MS, once
 *     silent         never answers
 *     hello          says something first
 *     count          every byte back; at its end, on SIGTERM, prints how many
 *                    clients it had and how many bytes came
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

/* argv from --serve on. Serves until it is killed. */
int scripted_main(int argc, char **argv);

#endif
