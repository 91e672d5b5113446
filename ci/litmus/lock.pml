/* The core of the lock: quiet and careful releases, sleepers, those who starve, reservations. The names are those of
 * `sync/src/raw_lock`, whose invariants these are.
 *
 *   enlist:   waiters + a sleeper; heavy, then CROWDED; or, if that was set, a full fence
 *   announce: waiters | ENTRIES; heavy, or, if CROWDED was set, a full fence
 *   pop:      waiters | CROWDED, waiters & ~ENTRIES, then takes what has been pushed; waiters | ENTRIES if more than one
 *   sleep:    enlist; again and again: answer the signal, full fence, look at owner, sleep while the signal is 0; delist
 *   quiet:    waiters is 0: owner = FREE (release); light; waiters is not 0: full fence, look around
 *   careful:  somebody starves: owner = RESERVED, full fence, wakes it; else owner = FREE, full fence, look around
 *
 * Thread 0 has the lock at first, and comes again for it AGAIN times. SECOND and THIRD say what the others are: LOCKER,
 * sleeps until it has the lock; TIMED, may give up whenever it sleeps; BARGER, only tries. They come ROUNDS times.
 * CROWD: what is in `waiters` at first. STARVE: who sleeps may starve. FAIR: a release may be that of an entry, and
 * reserve the lock for a sleeper. SPURIOUS: wake-ups for nothing. TIRED: thread 0 is as TIMED when it comes again.
 * CROWD=CROWDED: the lock has been so before. AWAKE: who was woken may take the lock before it answers, and answers then.
 * Waiting awake is being late. Whether a holder has been calm for long enough is anybody's guess. A thread that sleeps with
 * a deadline may be told that it has passed without a look at the word. Of the sleepers at a word any one is woken.
 * ENTRY pushes one entry, which releases the lock as soon as it has it. CALLER pushes one that only wants to be called, sleeps
 * until it has been, and is a LOCKER then; WAITER does so with an entry that NOTIFIER pushes. Which entry is popped is anybody's
 * guess, and so is whose turn it is, an entry's or a sleeper's, when an entry releases. Not here: spinners, which concern no release.
 * Never: two holders; a thread that sleeps for ever; at the end, a lock that is not free, or sleepers that have left.
 *
 * Weakenings: REORDERED (no light()), HEAVY=…, no full fence in one place: TOLD, UNSEEN, FREED_, RESERVED_, UNRESERVED,
 * ANSWERED, DELISTED, STARVES, STARVED = NOTHING; RASH (calm: waiters = 0, whoever has come),
 * BRIEF (does not set CROWDED before it clears ENTRIES), MARKING (who announces an entry sets CROWDED after heavy() instead), LOST (who calls
 * forgets one that starves), UNCHECKED (reserves, and does not look for whom), HASTY (gives up without a last look), MUTE (takes a call with it).
 * Not weakenings: EAGER (CROWDED before heavy(): who does that looks at owner after it), BOLD (calm: only CROWDED goes),
 * STARVED (delist has a fence and a last look), TOLD of a sleeper (the answer has a fence; an entry has none).
 */
/* What a thread is. */
#define LOCKER 1
#define TIMED 2
#define BARGER 3
#define ENTRY 4
#define CALLER 5
#define NOTIFIER 6
#define WAITER 7

#ifndef SECOND
#define SECOND LOCKER
#endif
#ifndef THIRD
#define THIRD LOCKER
#endif
#ifndef AGAIN
#define AGAIN 0
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef CROWD
#define CROWD 0
#endif
#ifdef TIRED
#define FIRST TIMED
#else
#define FIRST LOCKER
#endif
#ifndef RELEASE_QUIETLY
#define RELEASE_QUIETLY RELEASE
#endif
#ifndef TAKE
#define TAKE ACQUIRE
#endif
#ifndef UNSEEN
#define UNSEEN FENCE
#endif
/* after_exchange(): on x86 the exchange is one. */
#ifdef TSO
#define AFTER NOTHING
#else
#define AFTER FENCE
#endif
#ifndef TOLD
#define TOLD AFTER
#endif
#ifndef FREED_
#define FREED_ AFTER
#endif
#ifndef RESERVED_
#define RESERVED_ AFTER
#endif
#ifndef UNRESERVED
#define UNRESERVED AFTER
#endif
#ifndef ANSWERED
#define ANSWERED AFTER
#endif
#ifndef DELISTED
#define DELISTED AFTER
#endif
#ifndef STARVES
#define STARVES AFTER
#endif
#ifndef STARVED
#define STARVED AFTER
#endif

#ifndef THREADS
#define THREADS 3
#endif
#define OWNER 0
#define WAITERS 1
#define SIGNAL 2
/* Whose entries have been pushed: a mask. */
#define PUSHED 3
#define SHARED
#include "machine.pml"

/* In `owner`; the location is 0 when it is free. */
#define FREE 0
#define HELD 1
#define RESERVED 2
/* In `waiters`. */
#define CROWDED 1
#define STARVING 2
#define ENTRIES 4
#define SLEEPER 8

/* Where a thread sleeps: 0, or a location and 1. */
byte bed[THREADS];
byte holders, ended;
/* Whose entries have been taken out of PUSHED and wait, and who has been called: masks. The first one is the holder's. */
byte queue, rung;

inline fence_if(t, kind) {
  if
  :: kind == FENCE -> full_fence(t)
  :: else
  fi
}

inline take_free(t) {
  change_if(t, OWNER, FREE, HELD, ok, TAKE, RELAXED)
}

inline take_reserved(t) {
  change_if(t, OWNER, RESERVED, HELD, ok, ACQUIRE, RELAXED)
}

/* `take` of a thread that is enlisted. */
inline take_enlisted(t) {
  load(t, OWNER, v, RELAXED);
  if
  :: v == FREE -> take_free(t)
  :: v == RESERVED ->
    load(t, WAITERS, v, RELAXED);
    if
    :: v & STARVING
    :: else -> take_reserved(t)
    fi
  :: else
  fi;
  v = 0
}

inline take_any(t) {
  take_free(t);
  if
  :: ok
  :: else -> take_reserved(t)
  fi
}

/* P1 to P4 of the parker, which orders nothing but its word. `late` says that the time is over. */
inline wait(t, word, awaited) {
  if
  :: d_step { !HOLDS(t, word) && mem[word] == awaited -> bed[t] = word + 1 };
    if
    :: bed[t] == 0
    :: d_step { what == TIMED && bed[t] -> bed[t] = 0; late = 1 }
    fi
  :: !HOLDS(t, word) && mem[word] != awaited
  :: what == TIMED -> late = 1
#ifdef SPURIOUS
  :: what != TIMED
#endif
  fi
}

inline wake(t, word) {
  if
  :: d_step { !HOLDS(t, word) && bed[0] == word + 1 -> bed[0] = 0 }
  :: d_step { !HOLDS(t, word) && bed[1] == word + 1 -> bed[1] = 0 }
#if THREADS > 2
  :: d_step { !HOLDS(t, word) && bed[2] == word + 1 -> bed[2] = 0 }
#endif
  :: !HOLDS(t, word) && bed[0] != word + 1 && bed[1] != word + 1 && bed[THREADS - 1] != word + 1
  fi
}

/* v: what was there before. */
inline tell(t) {
  if
  :: v & CROWDED -> fence_if(t, TOLD)
  :: else ->
#ifdef EAGER
    change(t, WAITERS, mem[WAITERS] | CROWDED, v, RELAXED, RELAXED);
    heavy(t, (BIT(THREADS) - 1) & ~BIT(t), left)
#else
    heavy(t, (BIT(THREADS) - 1) & ~BIT(t), left);
    change(t, WAITERS, mem[WAITERS] | CROWDED, v, RELAXED, RELAXED)
#endif
  fi;
  v = 0
}

inline enlist(t) {
  change(t, WAITERS, mem[WAITERS] + SLEEPER, v, RELAXED, RELAXED);
  tell(t)
}

inline answer(t) {
  change(t, SIGNAL, 0, v, RELAXED, RELAXED);
  fence_if(t, ANSWERED);
  v = 0
}

inline announce(t) {
  change(t, WAITERS, mem[WAITERS] | ENTRIES, v, RELAXED, RELEASE);
  if
  :: v & CROWDED -> fence_if(t, TOLD)
  :: else ->
    heavy(t, (BIT(THREADS) - 1) & ~BIT(t), left);
#ifdef MARKING
    change(t, WAITERS, mem[WAITERS] | CROWDED, v, RELAXED, RELAXED)
#endif
  fi;
  v = 0
}

/* What a thread looks at before it has the lock, and afterwards. */
#define WITH_ENTRIES (SECOND >= ENTRY || THIRD >= ENTRY)
#if defined(STARVE) || defined(FAIR) || WITH_ENTRIES
#define SOUGHT (BIT(OWNER) | BIT(WAITERS))
#else
#define SOUGHT BIT(OWNER)
#endif
#if WITH_ENTRIES
#define LOOKED (BIT(OWNER) | BIT(WAITERS))
#else
#define LOOKED BIT(WAITERS)
#endif

/* What is left of the way when a thread gives up, or has the lock. */
inline last_look(t) {
#ifndef HASTY
  if
  :: ok
  :: else -> take_any(t)
  fi;
#endif
  skip
}

inline starve(t) {
  late = 0;
  do
  :: true ->
    take_any(t);
    if
    :: ok -> break
    :: else
    fi;
    wait(t, OWNER, HELD);
    if
    :: late -> break
    :: else
    fi
  od;
  change(t, WAITERS, mem[WAITERS] & ~STARVING, v, RELAXED, RELAXED);
  v = 0;
  fence_if(t, STARVED);
  last_look(t)
}

inline sleep(t) {
  wants(t, SOUGHT);
  enlist(t);
  do
  :: true ->
    answer(t);
    /* One look, where the lock has two. */
    take_enlisted(t);
    if
    :: ok -> break
    :: else
    fi;
#ifdef STARVE
    if
    :: true ->
      change(t, WAITERS, mem[WAITERS] | STARVING, v, RELAXED, RELAXED);
      fence_if(t, STARVES);
      if
      :: v & STARVING -> v = 0
      :: else -> v = 0; starve(t); break
      fi
    :: true
    fi;
#endif
    wait(t, SIGNAL, 0);
    if
    :: late -> break
    :: else
    fi;
#ifdef AWAKE
    /* Or it goes on at once: then it is the answer that comes first. */
    if
    :: true ->
      take_enlisted(t);
      if
      :: ok ->
#ifndef MUTE
        answer(t);
#endif
        break
      :: else
      fi
    :: true
    fi
#endif
  od;
  late = 0;
  change(t, WAITERS, mem[WAITERS] - SLEEPER, v, RELAXED, RELAXED);
  v = 0;
  fence_if(t, DELISTED);
  last_look(t)
}

/* `called`: there was somebody to call. */
inline call_enlisted(t) {
  load(t, WAITERS, v, RELAXED);
  called = 1;
  if
  :: v & STARVING -> wake(t, OWNER)
  :: !(v & STARVING) && v >= SLEEPER ->
    change(t, SIGNAL, 1, v, RELAXED, RELAXED);
    if
    :: v == 0 -> wake(t, SIGNAL)
    :: else
    fi
  :: else -> called = 0
  fi;
  v = 0
}

/* `ok`: has the lock again. */
inline look_around(t) {
  load(t, WAITERS, v, RELAXED);
  if
  :: v & ENTRIES -> take_free(t)
  :: else
  fi;
  v = 0;
  if
  :: ok
  :: else ->
    call_enlisted(t);
    called = 0
  fi
}

inline free(t) {
  change(t, OWNER, FREE, v, RELAXED, RELEASE);
  v = 0;
  fence_if(t, FREED_)
}

#ifdef FAIR
#define FAIRLY (v >= SLEEPER)
#else
#define FAIRLY false
#endif

/* got: the entry that has its turn, or 0. */
inline pop(t) {
  if
  :: queue
  :: else ->
#if !defined(BRIEF) && !defined(MARKING)
    change(t, WAITERS, mem[WAITERS] | CROWDED, got, RELAXED, RELAXED);
#endif
    change(t, WAITERS, mem[WAITERS] & ~ENTRIES, got, ACQUIRE, RELAXED);
    change(t, PUSHED, 0, got, ACQUIRE, RELAXED);
    d_step { queue = got; got = 0 }
  fi;
  if
  :: d_step { queue & BIT(1) -> got = BIT(1); queue = queue & ~BIT(1) }
  :: d_step { queue & BIT(2) -> got = BIT(2); queue = queue & ~BIT(2) }
  :: else
  fi;
  if
  :: queue ->
    change(t, WAITERS, mem[WAITERS] | ENTRIES, left, RELAXED, RELAXED);
    left = 0
  :: else
  fi
}

#define TAKES ((got == BIT(1) && SECOND == ENTRY) || (got == BIT(2) && THIRD == ENTRY))

/* Releases the lock and calls `got`. */
inline release_and_call(t) {
  load(t, WAITERS, v, RELAXED);
#ifndef LOST
  if
  :: v & STARVING ->
    change(t, OWNER, RESERVED, v, RELAXED, RELEASE);
    v = 0;
    fence_if(t, RESERVED_);
    call_enlisted(t);
    if
    :: called -> called = 0
    :: else ->
      change_if(t, OWNER, RESERVED, FREE, ok, RELAXED, RELAXED);
      ok = 0;
      fence_if(t, UNRESERVED)
    fi
  :: else ->
#endif
    free(t);
#ifndef LOST
    load(t, WAITERS, v, RELAXED);
    if
    :: v & STARVING -> wake(t, OWNER)
    :: else
    fi
  fi;
#endif
  v = 0;
  d_step { EMPTY(t) -> rung = rung | got; got = 0 }
}

/* `entry`: by an entry. Who grants the lock to one goes on in its name. `first`: sleepers come first. */
inline release(t) {
  do
  :: true ->
    load(t, WAITERS, v, RELAXED);
    if
    :: entry && v >= SLEEPER -> first = 1
    :: (v & ENTRIES) || v < SLEEPER || !entry
    fi;
    if
    :: (v & ENTRIES) && !first -> pop(t)
    :: else
    fi;
    if
    :: got && TAKES ->
      got = 0;
      v = 0;
      entry = 1
    :: got && !TAKES ->
      release_and_call(t);
      break
    :: else ->
      if
      :: (v & STARVING) || first ->
        first = 0;
        change(t, OWNER, RESERVED, v, RELAXED, RELEASE);
        v = 0;
        fence_if(t, RESERVED_);
#ifdef UNCHECKED
        call_enlisted(t);
        called = 1
#else
        call_enlisted(t);
        if
        :: called
        :: else ->
          change_if(t, OWNER, RESERVED, FREE, ok, RELAXED, RELAXED);
          called = !ok;
          ok = 0;
          fence_if(t, UNRESERVED)
        fi
#endif
      :: else ->
        if
        :: v < SLEEPER ->
          /* Has been calm for long enough, or has not. */
          if
#ifdef RASH
          :: change(t, WAITERS, 0, v, RELAXED, RELAXED)
#elif defined(BOLD)
          :: change(t, WAITERS, mem[WAITERS] & ~CROWDED, v, RELAXED, RELAXED)
#else
          :: change_if(t, WAITERS, CROWDED, 0, ok, RELAXED, RELAXED)
#endif
          :: true
          fi
        :: else
        fi;
        ok = 0;
        free(t)
      fi;
      v = 0;
      if
      :: called ->
        called = 0;
        break
      :: else ->
        look_around(t);
        if
        :: ok -> ok = 0
        :: else -> break
        fi
      fi
    fi
  od;
  entry = 0
}

inline free_quietly(t) {
#if LIGHT == FENCE
  free(t);
  load(t, WAITERS, v, RELAXED)
#elif defined(REORDERED)
  if
  :: store(t, OWNER, FREE, RELEASE_QUIETLY); load(t, WAITERS, v, RELAXED)
  :: load(t, WAITERS, v, RELAXED); store(t, OWNER, FREE, RELEASE_QUIETLY)
  fi
#else
  store(t, OWNER, FREE, RELEASE_QUIETLY);
  light(t);
  load(t, WAITERS, v, RELAXED)
#endif
}

/* Three ways into `release`. */
inline unlock(t) {
  load(t, WAITERS, v, RELAXED);
  careful = v > 0 || entry;
  v = 0;
#ifdef FAIR
  if
  :: true ->
    careful = 1;
    entry = 1
  :: true
  fi;
#endif
  if
  :: careful
  :: else ->
    free_quietly(t);
    if
    :: v ->
      v = 0;
      fence_if(t, UNSEEN);
      look_around(t);
      careful = ok;
      ok = 0
    :: else
    fi
  fi;
  if
  :: careful ->
    careful = 0;
    release(t)
  :: else
  fi
}

/* `lock_entry`, after it has not found the lock free; `push_caller` and `tell_callers`. */
inline push(t) {
  if
  :: what == NOTIFIER -> change(t, PUSHED, mem[PUSHED] | BIT(2), v, RELAXED, RELEASE)
  :: else -> change(t, PUSHED, mem[PUSHED] | BIT(t), v, RELAXED, RELEASE)
  fi;
  announce(t);
  take_free(t);
  if
  :: ok ->
    ok = 0;
    wants(t, LOOKED);
    release(t)
  :: else
  fi
}

proctype thread(byte t, what, rounds; bit ok) {
  byte v, left;
  byte got;
  bit late, called, entry, first, careful;
  do
  :: true ->
    if
    :: ok
    :: else ->
      wants(t, BIT(OWNER));
      if
      :: what < CALLER -> take_free(t)
      :: else
      fi;
#if WITH_ENTRIES
      if
      :: !ok && what >= ENTRY && what != WAITER -> push(t)
      :: else
      fi;
      if
      :: what == CALLER || what == WAITER ->
        d_step { rung & BIT(t) -> rung = rung & ~BIT(t) };
        wants(t, BIT(OWNER));
        take_free(t)
      :: else
      fi;
#endif
      if
      :: ok -> entry = (what == ENTRY)
      :: !ok && what != BARGER && what != ENTRY && what != NOTIFIER -> sleep(t)
      :: else
      fi
    fi;
    if
    :: ok ->
      d_step { ok = 0; holders++; assert(holders == 1) };
      if
      :: rounds -> wants(t, BIT(OWNER) | BIT(WAITERS))
      :: else -> wants(t, LOOKED)
      fi;
      holders--;
      unlock(t)
    :: else
    fi;
    if
    :: rounds == 0 -> break
    :: else -> rounds--
    fi
  od;
  wants(t, 0);
  ended++
}

active proctype judge() {
  timeout;
  assert(ended == THREADS);
  assert(mem[OWNER] == FREE && mem[WAITERS] <= CROWDED && mem[PUSHED] == 0 && queue == 0 && rung == 0)
}

init {
  atomic {
    mem[OWNER] = HELD;
    mem[WAITERS] = CROWD;
    run thread(0, FIRST, AGAIN, 1);
    run thread(1, SECOND, ROUNDS - 1, 0);
#if THREADS > 2
    run thread(2, THIRD, ROUNDS - 1, 0)
#endif
  }
}
