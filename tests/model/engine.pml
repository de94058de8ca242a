/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch inside a node, for the SPIN model checker: claim words, epochs,
 * open ranges, rings, the end of a run and the commit rule. The steps in
 * brackets are those of common/ledger.h; model.test runs the configurations.
 *
 *   here              in C
 *   TAKE STEAL        claim_take, claim_steal             common/claim.c
 *   EMPTY put()       claim_take_all, claim_put           common/claim.c
 *   executor()        executor_run: become_odd, find_chunks, record_open,
 *                     give_back, record_publish, close_record,
 *                     become_even, end_spent              worker/executor.c
 *                     find_take, keep_batch, deal         worker/find.c
 *   post() settle()   dispatch_post, dispatch_settle, dispatch_leave
 *                                                         launcher/dispatch.c
 *   QUIET             dispatch_quiet_begin, the rings drained,
 *                     dispatch_quiet_end, dispatch_add_lost; nothing is
 *                     settled or posted in between        launcher/dispatch.c
 *   gather() count()  ring_read, gather_record            launcher/gather.c
 *
 * What is checked:
 *   (a) no chunk is counted twice                            assert in count
 *   (b) none is lost: a run that ends has counted them all   assert at the end
 *   (c) no deadlock; with -DLIVENESS: every run ends (weak fairness)
 *   (d) no false quiet: when QUIET is found, no executor holds a chunk, no
 *       word and no ring has one                             assert at quiet
 *   (e) without wild writes the commit rule never has to refuse: there are no
 *       duplicates at all                                    assert in count
 * -DLENIENT leaves out (d) and (e), to see that the commit rule alone is
 * enough for (a), (b), (c) when a hint is wrong.
 *
 * Sizes: EXECUTORS, POOL words, CHUNKS (at most 4), DEATHS, RING (frames),
 * LEAVES (so many workers leave to be replaced, each after a chunk [LEAVE]).
 *   -DTEAM_DEATH  a death takes all executors (threads of one worker)
 *   -DGRANTS      the second half of the chunks is granted at any later time
 *   -DINTERLEAVED the first pass reads epoch and word of one executor, then
 *                 of the next; as safe as all epochs first
 *   -DWILD        one wild write into any claim word at any time (LENIENT)
 *   -DKEEP_FIRST  a thief keeps the first chunk of what it stole and puts the
 *                 rest into its word; without it, it puts all and takes again
 *   -DFAILURES    a kernel may fail in the first chunk of a batch
 *   -DLASTS       a chunk may last: those before it are published while it runs
 *   -DCYCLIC      executor e deals itself every other chunk, from chunk e on
 *                 [DEAL]; nobody steals; EXECUTORS is 2
 *   -DKEEP_WORD   what is in the word of an executor that left stays there, as
 *                 with SCHEDULE_STATIC; nobody steals (PINNED)
 * Wrong on purpose, each must fail:
 *   -DNAIVE              one pass
 *   -DWORDS_FIRST        the first pass reads the words before the epochs
 *   -DODD_AFTER_TAKE     the epoch becomes odd when chunks are in hand
 *   -DEVEN_BEFORE_WRITE  the epoch becomes even before the record is written
 *   -DPUT_BEFORE_SHRINK  chunks given back are in the word and still open
 *   -DOPEN_BEFORE_DRAIN  settle reads open[] before it drains the ring
 *   -DNO_COMMIT_RULE     everything is accepted (needs a cause: NAIVE, WILD)
 *   -DNO_SELF_CHECK      a record's ranges are not checked against each other
 *                        (needs WILD)
 *   -DFRESH_IS_QUIET     an executor that has not begun to deal counts as idle
 *                        (needs CYCLIC)
 *   -DLEAVE_EVEN         an executor that leaves becomes even with chunks yet to
 *                        deal (needs CYCLIC, LEAVES)
 *   -DLEAVE_UNTOLD       the launcher takes its replacement for one that has
 *                        begun (the same)
 *   -DNO_REGRANT         what QUIET finds lost is not handed out (LIVENESS)
 *   -DLIVENESS without -DKEEP_FIRST: two idle executors can steal one chunk
 *                        from each other for ever, each between the other's
 *                        PUT and TAKE. Never wrong, and it needs a schedule
 *                        that lasts; KEEP_FIRST runs a chunk with every theft.
 *
 * Abstractions, and why they lose nothing.
 * - A word is the set (bit mask) of its chunks, always a contiguous range. A
 *   CAS loop is one step: it succeeds only if the value is the one that the
 *   new value was computed from, and the value is all that matters.
 * - An epoch is a bit (odd) and a bit that says whether it moved since the
 *   launcher's first pass read it: a counter that only grows is different in
 *   the second pass exactly if it moved.
 * - An idle executor sleeps until some word has chunks. In C it looks (without
 *   touching its epoch) after every wake or timeout.
 * - A stall is a process that is not scheduled. A death is noticed (reaped) at
 *   any later time. The replacement starts with a new, empty worker_shm.
 * - Steps of the launcher on memory that nobody else writes any more (ring and
 *   open[] of the dead, its own sets) are joined with their neighbours.
 *
 * Memory order. The model is sequentially consistent; C has less, enough for
 * the orders relied on:
 * - [ODD] before [TAKE] [EMPTY] [STEAL]: every change of a word is an
 *   acquire-release RMW, so the epoch's store cannot sink below it; who reads
 *   the changed word (acquire) and then the epoch reads it odd or newer. RMWs
 *   continue the release sequence, so this holds for all earlier takers of a
 *   word, not only for the last. This is what makes the second pass differ.
 * - [WRITE] before [EVEN]: head and epoch are released in this order; who
 *   acquires the even epoch sees the head, so the drain after it reads it all.
 * - Two passes: all loads of the launcher are acquires, which later loads
 *   cannot pass: epochs, words, heads, epochs are read in this order. A stale
 *   even epoch is harmless: then the word is either seen before the take
 *   (not empty) or after it (the second pass is not stale).
 * - [OPEN] before [RUN], [WRITE] before [CLOSE], shrink before [PUT]: read
 *   only after the writer was reaped, when all it executed is visible; what
 *   counts is program order in the machine code. So open[] and n_open must be
 *   stored with release too: a relaxed store may be compiled to stand before
 *   an earlier release store ([CLOSE] before [WRITE] would lose the chunks
 *   until QUIET).
 * x86 orders stores and loads so by itself; Arm by stlr, ldar (ldapr) and
 * casal or ldaxr/stlxr pairs.
 */
#ifndef EXECUTORS
#define EXECUTORS 2
#endif
#ifndef POOL
#define POOL 1
#endif
#ifndef CHUNKS
#define CHUNKS 3
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RING
#define RING 2
#endif
#ifndef LEAVES
#define LEAVES 0
#endif

#define WORDS (EXECUTORS + POOL)
#define ALL ((1 << CHUNKS) - 1)
#ifdef GRANTS
#define FIRST_GRANT ((1 << (CHUNKS / 2)) - 1)
#else
#define FIRST_GRANT ALL
#endif

/* Ranges as masks. END is the bit after the highest one. */
#define LOW(m) ((m) & -(m))
#define END(m) ((m) + LOW(m))
#define ONE(m) ((m) == LOW(m))
/* What claim_steal leaves to the victim: the lower half, rounded down. */
#define LOWER_HALF(m) \
    (ONE(m) -> 0 : (((m) & (LOW(m) << 3)) -> LOW(m) | LOW(m) << 1 : LOW(m)))
/* The lowest one or two chunks. */
#define LOW_TWO(m) ((m) & (LOW(m) | LOW(m) << 1))
#define CONTIGUOUS(m) (((m) & END(m)) == 0)
#define CAN_PUT(w, r) ((w) == 0 || END(r) == LOW(w))

/* node_shm */
byte word[WORDS]; /* executors, then pool */
bit quit;         /* PHASE_QUIT */

/* executor_shm */
bit odd[EXECUTORS];
bit moved[EXECUTORS];  /* since the first pass */
byte open[EXECUTORS];
bit twice[EXECUTORS];  /* open[] has a chunk in two ranges */
chan ring[EXECUTORS] = [RING] of {bit /* last */, byte /* cover */, bit};

/* The executor's own: out of one word, not yet in the next. */
byte hand[EXECUTORS];

/* Also its own: what it has yet to deal itself; and does the launcher know
 * that it is to deal and has not begun (its epoch is 0)? */
#ifdef CYCLIC
byte undealt[EXECUTORS];
bit fresh[EXECUTORS];
#define PINNED true
#define CAN_DEAL(e) (undealt[e] != 0)
#else
#ifdef KEEP_WORD
#define PINNED true
#else
#define PINNED false
#endif
#define CAN_DEAL(e) false
#endif
#if defined(CYCLIC) && !defined(FRESH_IS_QUIET)
#define IS_FRESH(e) fresh[e]
#else
#define IS_FRESH(e) false
#endif

/* The launcher's own. */
#define ALIVE 0
#define KILLED 1
#define REAPED 2
#define LEFT 3
byte leaves = LEAVES;
byte dead[EXECUTORS];
bit begun[EXECUTORS]; /* ring_reader.open */
byte granted, accepted;
byte pending;         /* to be handed out */
byte deaths = DEATHS;

#if WORDS == 3
#define SOME_WORD (word[0] != 0 || word[1] != 0 || word[2] != 0)
#elif WORDS == 4
#define SOME_WORD \
    (word[0] != 0 || word[1] != 0 || word[2] != 0 || word[3] != 0)
#else
#error "WORDS must be 3 or 4"
#endif

/* ---- executor ------------------------------------------------------------ */

/* What an executor that finds no chunks may have seen. Words change while it
 * looks, so it may miss some; that for ever is not fair. With something open
 * it may publish instead of looking, when its record is due. */
#ifdef LIVENESS
#define FOUND_NOTHING (!SOME_WORD || open[me] != 0)
#else
#define FOUND_NOTHING true
#endif

/* [STEAL] from another executor, [EMPTY] of a pool word; my own is empty. */
#define STEAL(v) \
    :: atomic { \
        !PINNED && word[me] == 0 && v != me && v < EXECUTORS && word[v] != 0 -> \
        hand[me] = word[v] & ~LOWER_HALF(word[v]); \
        word[v] = LOWER_HALF(word[v]); \
        goto putting }
#define EMPTY(v) \
    :: atomic { \
        word[me] == 0 && v < WORDS && word[v] != 0 -> \
        hand[me] = word[v]; \
        word[v] = 0; \
        goto putting }

/* What a thief keeps of what it stole; the rest goes into its word. */
#ifdef KEEP_FIRST
#define KEPT(m) LOW(m)
#else
#define KEPT(m) 0
#endif

inline go_odd()
{
#ifdef CYCLIC
    fresh[me] = 0;
#endif
    odd[me] = 1;
    moved[me] = 1
}

/* [PUT] A wild write may be in the way: then lost, for QUIET to find. */
inline put(m)
{
    if
    :: CAN_PUT(word[me], m) -> word[me] = word[me] | (m)
    :: else
    fi
}

/* [WRITE] Two frames, each as soon as there is room. */
inline write_record(chunks, dup)
{
    atomic {
        (nfull(ring[me]) || quit);
        if
        :: quit
        :: else -> ring[me]!0, 0, 0
        fi
    }
    atomic {
        (nfull(ring[me]) || quit);
        if
        :: quit
        :: else -> ring[me]!1, chunks, dup
        fi
    }
}

proctype executor(byte me)
{
    byte batch;
alive:
    {
        if
        :: quit -> goto gone
        :: atomic { !quit && (SOME_WORD || CAN_DEAL(me)) ->
#ifndef ODD_AFTER_TAKE
            go_odd() /* [ODD] */
#endif
            }
        fi;
more:   if
        :: atomic { word[me] != 0 -> /* [TAKE] one or two */
            if
            :: hand[me] = LOW(word[me])
            :: !ONE(word[me]) -> hand[me] = LOW_TWO(word[me])
            fi;
            word[me] = word[me] & ~hand[me];
            goto opening }
#ifdef CYCLIC
        :: atomic { word[me] == 0 && CAN_DEAL(me) -> /* [DEAL] */
            hand[me] = LOW(undealt[me]);
            undealt[me] = undealt[me] & ~hand[me];
            goto opening }
#endif
#if LEAVES > 0
        /* [LEAVE] Between two chunks, all that was run being published. */
        :: atomic { leaves > 0 && open[me] == 0 && dead[me] == ALIVE ->
            leaves--;
#ifndef LEAVE_EVEN
            if
            :: CAN_DEAL(me)
            :: else -> odd[me] = 0
            fi;
#else
            odd[me] = 0;
#endif
            dead[me] = LEFT;
            goto away }
#endif
        STEAL(0)
        STEAL(1)
        STEAL(2)
        EMPTY(EXECUTORS)
        EMPTY(EXECUTORS + 1)
        :: atomic { FOUND_NOTHING && open[me] == 0 && !CAN_DEAL(me) ->
            odd[me] = 0; /* [EVEN] */
            goto alive }
        :: atomic { FOUND_NOTHING && open[me] != 0 ->
#ifdef EVEN_BEFORE_WRITE
            odd[me] = 0;
#endif
            goto publish }
        fi;
putting:
        atomic {
            if
            :: hand[me] != KEPT(hand[me]) -> put(hand[me] & ~KEPT(hand[me]))
            :: else
            fi;
            hand[me] = KEPT(hand[me]);
            if
            :: hand[me] == 0 -> goto more
            :: else
            fi
        }
opening:
#ifdef ODD_AFTER_TAKE
        atomic { go_odd() }
#endif
        atomic { /* [OPEN] then [RUN] */
            twice[me] = twice[me] || (open[me] & hand[me]) != 0;
            open[me] = open[me] | hand[me];
            batch = hand[me];
            hand[me] = 0;
            if
            :: batch = 0; goto more
            :: !ONE(batch) -> goto giving
#ifdef FAILURES
            :: goto failing
#endif
#ifdef LASTS
            :: ONE(batch) && open[me] != batch -> goto lasting
#endif
            fi
        }
giving: /* What was not run goes back: first out of open[], then into the word.
         * A death in between loses it until QUIET. The other way round it is
         * in two places for a moment: a thief may run it while the owner dies
         * with it open, and then it runs twice. */
#ifdef PUT_BEFORE_SHRINK
        atomic { put(batch & ~LOW(batch)) }
        atomic {
            open[me] = open[me] & ~(batch & ~LOW(batch));
            batch = 0;
            goto more
        }
#else
        atomic {
            hand[me] = batch & ~LOW(batch);
            open[me] = open[me] & ~hand[me];
            batch = 0
        }
        atomic {
            put(hand[me]);
            hand[me] = 0;
            goto more
        }
#endif
#ifdef LASTS
lasting: /* The chunk takes long: what was run before it is published, and it
          * alone stays open. */
        write_record(open[me] & ~batch, twice[me]);
        atomic {
            open[me] = batch; /* [CLOSE] */
            twice[me] = 0;
            batch = 0;
            goto more
        }
#endif
#ifdef FAILURES
failing: /* ff_fail in the first chunk of the batch. */
        write_record(LOW(batch), 0);
        atomic {
            open[me] = open[me] & ~batch;
            hand[me] = batch & ~LOW(batch);
            batch = 0;
            if
            :: hand[me] != 0 -> goto opening
            :: else -> goto more
            fi
        }
#endif
publish:
        write_record(open[me], twice[me]);
        atomic {
            open[me] = 0; /* [CLOSE] */
            twice[me] = 0;
#ifdef EVEN_BEFORE_WRITE
            goto alive
#else
            goto more
#endif
        }
    } unless {
        atomic { dead[me] == KILLED -> dead[me] = REAPED; batch = 0 }
    }
away:
    if
    :: atomic { dead[me] == ALIVE && !quit -> goto alive }
    :: quit
    fi;
gone:
    skip
}

/* ---- launcher ------------------------------------------------------------ */

#ifdef NO_COMMIT_RULE
#define MAY_COUNT(cover, dup) true
#elif defined(NO_SELF_CHECK)
#define MAY_COUNT(cover, dup) \
    (((cover) & accepted) == 0 && ((cover) & ~granted) == 0)
#else
#define MAY_COUNT(cover, dup) \
    (((cover) & accepted) == 0 && ((cover) & ~granted) == 0 && !(dup))
#endif

/* The commit rule. */
inline count()
{
    if
    :: MAY_COUNT(cover, dup) ->
        assert((cover & accepted) == 0 && !dup); /* (a) */
        accepted = accepted | cover;
        pending = pending & ~cover
    :: else ->
#ifndef LENIENT
        assert(false); /* (e) */
#endif
        pending = pending | (cover & ~accepted)
    fi
}

/* [READ] One frame. */
inline gather(e)
{
    ring[e]?last, cover, dup;
    if
    :: last ->
        assert(begun[e]);
        begun[e] = 0;
        count()
    :: else -> begun[e] = 1 /* discards what was open */
    fi;
    last = 0; cover = 0; dup = 0
}

/* All there is in a ring. */
inline drain(e)
{
    do
    :: nempty(ring[e]) -> gather(e)
    :: empty(ring[e]) -> break
    od
}

inline drain_all()
{
    do
    :: atomic { nempty(ring[e]) -> gather(e) }
    :: atomic { empty(ring[e]) ->
        if
        :: e < EXECUTORS - 1 -> e++
        :: else -> e = 0; break
        fi }
    od
}

/* [SETTLE] A dead executor; then its replacement starts. */
inline settle(e)
{
#ifdef OPEN_BEFORE_DRAIN
    lost = open[e] & ~accepted;
    drain(e);
#else
    drain(e);
    lost = open[e] & ~accepted;
#endif
    pending = pending | lost | (word[e] & ~accepted);
    word[e] = 0;
    lost = 0;
    begun[e] = 0;
    hand[e] = 0; open[e] = 0; twice[e] = 0;
#ifdef CYCLIC
    undealt[e] = 0; fresh[e] = 0;
#endif
    odd[e] = 0; moved[e] = 1;
    dead[e] = ALIVE
}

/* [LEAVE] One that left; then its replacement starts. */
inline settle_left(e)
{
    drain(e);
#ifndef KEEP_WORD
    pending = pending | (word[e] & ~accepted);
    word[e] = 0;
#endif
    begun[e] = 0;
#if defined(CYCLIC) && !defined(LEAVE_UNTOLD)
    fresh[e] = (undealt[e] != 0);
#endif
    odd[e] = 0; moved[e] = 1;
    dead[e] = ALIVE
}

/* A grant or what has to be done again, into a pool word seen empty. */
#define LOW_RUN(m) ((m) & ~END(m))
inline post(w)
{
    atomic {
        if
        :: word[w] == 0 && pending != 0 ->
            word[w] = LOW_RUN(pending);
            pending = pending & ~word[w]
        :: else
        fi
    }
}

/* One pass over n things, one at a time: the launcher looks again later if
 * any of them is busy. */
#define PASS(n, busy, note) \
    do \
    :: atomic { \
        if \
        :: busy -> goto again \
        :: else -> note; \
            if \
            :: i < n - 1 -> i++ \
            :: else -> i = 0; break \
            fi \
        fi } \
    od

proctype launcher()
{
    byte e, i, cover, lost;
    bit last, dup;

    atomic {
        granted = FIRST_GRANT;
#ifndef CYCLIC
        pending = granted
#endif
    }
again:
    atomic { /* forget the first pass */
        i = 0;
        do
        :: i < EXECUTORS -> moved[i] = 1; i++
        :: else -> i = 0; break
        od
    }
    drain_all();
    do
    :: atomic {
        if
        :: dead[e] == REAPED -> settle(e)
        :: dead[e] == LEFT -> settle_left(e)
        :: else
        fi;
        if
        :: e < EXECUTORS - 1 -> e++
        :: else -> e = 0; break
        fi }
    od;
    atomic {
        if
        :: accepted == ALL -> goto ended
#ifdef GRANTS
        :: granted != ALL ->
            pending = pending | (ALL & ~granted);
            granted = ALL
#endif
        :: accepted != ALL && (accepted != granted || granted == ALL)
        fi;
        post(EXECUTORS)
    }
#if POOL > 1
    post(EXECUTORS + 1);
#endif

    /* [QUIET] */
#if defined(WORDS_FIRST)
    PASS(WORDS, word[i] != 0, skip);
    PASS(EXECUTORS, odd[i], moved[i] = 0);
#elif defined(INTERLEAVED)
    do
    :: atomic {
        if
        :: odd[i] -> goto again
        :: else -> moved[i] = 0
        fi }
        atomic {
        if
        :: word[i] != 0 -> goto again
        :: i < EXECUTORS - 1 && word[i] == 0 -> i++
        :: i == EXECUTORS - 1 && word[i] == 0 -> i = 0; break
        fi }
    od;
    PASS(POOL, word[EXECUTORS + i] != 0, skip);
#else
    PASS(EXECUTORS, odd[i] || IS_FRESH(i), moved[i] = 0);
    PASS(WORDS, word[i] != 0, skip);
#endif
    drain_all();
#ifndef NAIVE
    PASS(EXECUTORS, odd[i] || moved[i], skip);
#endif
    atomic {
#ifndef LENIENT
        do /* (d) */
        :: i < EXECUTORS ->
            assert(hand[i] == 0 && open[i] == 0 && empty(ring[i]));
            assert(!CAN_DEAL(i));
            i++
        :: else -> i = 0; break
        od;
        do
        :: i < WORDS -> assert(word[i] == 0); i++
        :: else -> i = 0; break
        od;
#endif
#ifndef NO_REGRANT
        pending = pending | (granted & ~accepted);
#endif
        goto again
    }
ended:
    assert(accepted == ALL); /* (b) */
    quit = 1
}

/* ---- what may happen to them --------------------------------------------- */

inline kill(e)
{
    !quit && deaths > 0 && dead[e] == ALIVE -> deaths--; dead[e] = KILLED
}

proctype fate()
{
    do
#ifdef TEAM_DEATH
    :: atomic {
        kill(0);
        if
        :: dead[1] == ALIVE -> dead[1] = KILLED
        :: else
        fi }
#else
    :: atomic { kill(0) }
    :: atomic { kill(1) }
#if EXECUTORS > 2
    :: atomic { kill(2) }
#endif
#endif
    :: quit || deaths == 0 -> break
#ifdef LIVENESS
    :: break
#endif
    od
}

#ifdef WILD
proctype wild()
{
    byte w, m;
    atomic {
        select(w : 0 .. WORDS - 1);
        select(m : 0 .. ALL);
        if
        :: CONTIGUOUS(m) -> word[w] = m
        :: else
        fi;
        w = 0; m = 0
    }
}
#endif

init
{
    atomic {
#ifdef CYCLIC
        undealt[0] = ALL & 5; fresh[0] = 1;
        undealt[1] = ALL & 10; fresh[1] = 1;
#endif
        run launcher();
        run executor(0);
        run executor(1);
#if EXECUTORS > 2
        run executor(2);
#endif
        run fate();
#ifdef WILD
        run wild();
#endif
    }
}

#ifdef LIVENESS
ltl ended { <> quit }
#endif
