/*
 * tests/faults/cable.h - a network of the case's own: two machines, as far as
 * TCP can tell, and a cable between them. The server runs at one end and its
 * clients at the other. What happens to cables happens to this one: packets
 * are lost, or come late and in another order; it is pulled, and put back.
 *
 * The ends are network namespaces (network_namespaces(7)), which a user who is
 * not root gets inside a user namespace (user_namespaces(7)). They have no
 * names: they are gone with the last process in them, however the case ends,
 * and no server stays longer than a minute behind a case that was killed.
 */
#ifndef CABLE_H
#define CABLE_H

#include "harness.h"

enum cable {
    SOUND,
    LOSSY,  /* at each end 2 of 100 packets are lost at random (nft) */
    DELAYED /* each takes 20 ms, and some overtake others (tc, netem) */
};

enum end { SERVERS_END, CLIENTS_END };

/* Lays the cable and goes to the clients' end. Socket buffers are small there
 * and at the server's, 64 KiB, so that little data fills them. Skips the case,
 * saying what is missing, if this machine does not let us. */
void cable_lay(enum cable cable);

/* The case stands at one end at a time: what it dials, starts, and reads in
 * /proc/net belongs there. A client at the server's end needs no cable. */
void go_to(enum end end);

/* Starts a server at its end, with these arguments (the first NULL ends them),
 * and comes back to the clients'. */
struct server *cable_serve(const char *const *args);

/* Takes an end's link down and up again: that end loses its routes, the other
 * one sees that nothing is plugged in. */
void cable_pull(enum end end);
void cable_plug(enum end end);

/* Packets lost so far, at both ends; of a DELAYED cable those that came out of
 * order. Of a SOUND one 0. */
long cable_faults(void);

#endif
