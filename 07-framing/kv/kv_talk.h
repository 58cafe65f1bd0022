/* 07-framing/kv/kv_talk.h - what a thread of the key-value server does for its
 * client: frames in, and an answer out for each, in order. */
#ifndef KV_TALK_H
#define KV_TALK_H

#include "options.h"
#include "store.h"

/* Talks over a socket that blocks, until the client has said all, or cannot be
 * understood: 0; or until it is lost, or a frame that it has begun is not whole
 * within the idle timeout (ETIME, EAGAIN): the errno. The caller closes. */
int kv_talk(int fd, struct store *store, const struct options *options);

#endif
