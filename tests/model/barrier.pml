/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The barrier of a team, for the SPIN model checker: nobody passes early, and
 * no wake-up is lost. barrier.test runs the configurations.
 *
 *   here                 in C (worker/barrier.c)
 *   tell                 tell
 *   wait_told            the spinning in disseminate, spin; sleep_until
 *   come                 gather, sleep_crowded (with -DCROWDED)
 *   asleep[]             the queue of a futex in the kernel
 *   buffer[]             the store buffer of a core
 *
 * N threads come TURNS times. What is checked: an assertion when a thread
 * passes (all have come to this turn), and that there is no end but the one in
 * which all have passed all turns: a lost wake-up would be a deadlock. The
 * sleep has no time limit here, though there is one in C where hope can be
 * lost.
 *
 * Memory: a store may stay in its core's buffer, in order, for any time, while
 * later loads of that core go ahead (the model of x86; other machines may
 * delay more, but only the release and the acquire that C asks for matter for
 * these words, and those are kept). What drains the buffer: a sequentially
 * consistent store, a read-modify-write, a system call, and (on every core)
 * membarrier.
 *
 *   -DFENCED         both stores are sequentially consistent, no membarrier
 *   -DCROWDED        the counter with a futex; its words are all changed by
 *                    read-modify-writes or sequentially consistent stores
 * Wrong on purpose, each must deadlock or pass early:
 *   -DNO_MEMBARRIER  and not FENCED
 *   -DLATE           sleeping is stored after the last look at the turn, and
 *                    the kernel does not look again
 *   -DRESET_LATE     CROWDED: the counter is reset after `passed` is stored
 *   -DLOOK_FIRST     CROWDED: n_sleeping is read before `passed` is stored
 */
#ifndef N
#define N 2
#endif
#ifndef TURNS
#define TURNS 3
#endif
#if N == 2
#define ROUNDS 1
#else
#define ROUNDS 2 /* N is 3 or 4 */
#endif

byte came[N];

inline check_all_came()
{
    atomic {
        k = 0;
        do
        :: k < N -> assert(came[k] >= t); k++
        :: else -> k = 0; break
        od
    }
}

#ifndef CROWDED

mtype = { TURN, SLEEPING };
byte turn[N * ROUNDS];
bool sleeping[N * ROUNDS], asleep[N * ROUNDS];
chan buffer[N] = [4] of { mtype, byte, byte };

inline apply(what, at, value)
{
    if
    :: what == TURN -> turn[at] = value
    :: else -> sleeping[at] = value
    fi
}

/* A core writes out what is in its buffer, one store at any time. */
proctype core(byte i)
{
    mtype what;
    byte at, value;
end:
    do
    :: d_step {
           buffer[i]?what, at, value -> apply(what, at, value);
           what = 0; at = 0; value = 0 /* fewer states that differ in nothing */
       }
    od
}

inline drain(who)
{
    d_step {
        do
        :: nempty(buffer[who]) ->
            buffer[who]?what, at, value;
            apply(what, at, value)
        :: empty(buffer[who]) -> break
        od;
        what = 0; at = 0; value = 0
    }
}

inline tell()
{
    to = ((i + (1 << r)) % N) * ROUNDS + r;
    buffer[i]!TURN, to, t;
#ifdef FENCED
    drain(i);
#endif
    if
    :: sleeping[to] ->
        drain(i);           /* a system call */
        asleep[to] = false
    :: !sleeping[to]
    fi;
    to = 0
}

inline announce()
{
    drain(i);
    sleeping[own] = true;
#if !defined(FENCED) && !defined(NO_MEMBARRIER)
    k = 0;
    do
    :: k < N -> drain(k); k++
    :: else -> k = 0; break
    od
#endif
}

inline wait_told()
{
    own = i * ROUNDS + r;
    if
    :: turn[own] >= t /* spins as long as it takes */
    :: true ->        /* has spun long enough */
#ifndef LATE
        announce();
#endif
        do
        :: seen = turn[own];
            if
            :: seen >= t -> break
            :: else
            fi;
#ifdef LATE
            announce();
            asleep[own] = true;
#else
            atomic {
                if
                :: turn[own] == seen -> asleep[own] = true
                :: else
                fi
            }
#endif
            !asleep[own]
        od;
        buffer[i]!SLEEPING, own, 0
    fi;
    own = 0; seen = 0
}

proctype thread(byte i)
{
    byte t = 1, r, k, to, own, seen, at, value;
    mtype what;
    do
    :: t <= TURNS ->
        came[i] = t;
        r = 0;
        do
        :: r < ROUNDS -> tell(); wait_told(); r++
        :: else -> break
        od;
        check_all_came();
        t++
    :: else -> break
    od
}

init
{
    byte i = 0;
    atomic {
        do
        :: i < N -> run thread(i); run core(i); i++
        :: else -> break
        od
    }
}

#else /* CROWDED */

byte arrived, passed, n_sleeping;
bool asleep[N];

inline wake_all()
{
    atomic {
        k = 0;
        do
        :: k < N -> asleep[k] = false; k++
        :: else -> break
        od
    }
}

inline release_all()
{
#ifdef LOOK_FIRST
    seen = n_sleeping;
#endif
#ifdef RESET_LATE
    passed = t;
    arrived = 0;
#else
    arrived = 0;
    passed = t;
#endif
#ifndef LOOK_FIRST
    seen = n_sleeping;
#endif
    if
    :: seen > 0 -> wake_all()
    :: else
    fi
}

inline sleep_until_passed()
{
    atomic { n_sleeping++ }
    do
    :: seen = passed;
        if
        :: seen >= t -> break
        :: else
        fi;
        atomic {
            if
            :: passed == seen -> asleep[i] = true
            :: else
            fi
        }
        !asleep[i]
    od;
    atomic { n_sleeping-- }
}

inline come()
{
    atomic {
        arrived++;
        last = arrived == N
    }
    if
    :: last -> release_all()
    :: else ->
        if
        :: passed >= t
        :: true -> sleep_until_passed()
        fi
    fi
}

proctype thread(byte i)
{
    byte t = 1, k, seen;
    bool last;
    do
    :: t <= TURNS ->
        came[i] = t;
        come();
        check_all_came();
        t++
    :: else -> break
    od
}

init
{
    byte i = 0;
    atomic {
        do
        :: i < N -> run thread(i); i++
        :: else -> break
        od
    }
}

#endif
