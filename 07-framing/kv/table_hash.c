/* 07-framing/kv/table_hash.c - see table_hash.h. */
#include "table_hash.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

struct hash_secret hash_secret_make(void)
{
    struct hash_secret secret;
    struct timespec now;
    ssize_t n = -1;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, &secret, sizeof(secret));
        close(fd);
    }
    if (n == (ssize_t)sizeof(secret))
        return secret;
    /* Easier to guess, and better than one that all the world knows. */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct hash_secret){(uint64_t)now.tv_nsec, (uint64_t)getpid()};
}

static uint64_t turn(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void stir(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = turn(v[1], 13) ^ v[0];
    v[0] = turn(v[0], 32);
    v[2] += v[3];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = turn(v[1], 17) ^ v[2];
    v[2] = turn(v[2], 32);
}

static void mix_in(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    stir(v);
    v[0] ^= word;
}

/* Up to 8 bytes as a number, the first one lowest, on every machine. */
static uint64_t word_of(const char *bytes, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return word;
}

uint64_t hash_of(struct hash_secret secret, struct span bytes)
{
    /* The constants are the words "somepseudorandomlygeneratedbytes". */
    uint64_t v[4] = {
        secret.a ^ 0x736f6d6570736575, secret.b ^ 0x646f72616e646f6d,
        secret.a ^ 0x6c7967656e657261, secret.b ^ 0x7465646279746573};
    size_t at = 0;

    for (; bytes.len - at >= 8; at += 8)
        mix_in(v, word_of(bytes.bytes + at, 8));
    mix_in(v,
           (uint64_t)bytes.len << 56 |
               word_of(bytes.len == 0 ? "" : bytes.bytes + at, bytes.len - at));
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        stir(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
