/* `AtomicRef::store` by a thread that is alone: the old object goes at once, without heavy(), on the word of the registry.
 *
 *   reader:  live + 1 (relaxed); full fence; loads as in `atomic_ref.pml`; live - 1 (release); later once more
 *   writer:  makes an object; old = swap(ptr, new); full fence; n = live (acquire); n is 1, itself: frees old
 *            n is more: heavy; waits until slot (acquire) is not old; frees old
 *
 * READERS, who come STAYS times for ROUNDS loads each. STORES, up to three; their objects are made at two addresses in
 * turn, so that the pointer may be equal and the object another. Of two readers none reads an object early, and the writer
 * no slot, which would be too many states.
 * On TSO the writer has no fence: the exchange is one. That of the model does not acquire, as `compare_exchange` does not.
 * HANDED: the first of two readers leaves while a guard is in use, so that its node stays counted; once the slot is clear
 * the second owns the node, does not count it again, and in the end takes it off.
 * Never: a use of an object that is freed, or not yet made, or another than the one that the second load named.
 *
 * Weakenings: ENTER=NOTHING and AFTER=NOTHING (no full fence there), HEAVY=…, HASTY (reads `live` before the exchange), LATE
 * (registers when the first load is done), LINGERING (leaves while a guard is in use), TRUSTING (the second owner does not
 * look whether one is), and the orderings LEAVE, CLEAR relaxed.
 * Not weakenings: TAKE=ACQUIRE, the exchange of `store`; UNCLEARED, which leaves after the last use but before it clears.
 */
#ifndef READERS
#define READERS 1
#endif
#ifndef STAYS
#define STAYS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef STORES
#define STORES 2
#endif
#ifndef TAKE
#define TAKE RELAXED
#endif
#ifndef CLEAR
#define CLEAR RELEASE
#endif
#ifndef LEAVE
#define LEAVE RELEASE
#endif
#ifndef ENTER
#define ENTER FENCE
#endif
#ifndef AFTER
#ifdef TSO
#define AFTER NOTHING
#else
#define AFTER FENCE
#endif
#endif

#define THREADS (READERS + 1)
#define WRITER READERS
#define PTR 0
/* Two addresses, 1 and 2; versions are made at them in turn. */
#define ADDRESS(v) (v & 1 -> 1 : 2)
#ifdef HANDED
#define SLOT(t) 3
#define DISOWNED 4
#else
#define SLOT(t) (3 + t)
#endif
#define LIVE 5
#include "machine.pml"

inline enter(t) {
  add(t, LIVE, 1, RELAXED);
#if ENTER == FENCE
  full_fence(t);
#endif
  skip
}

inline leave(t) {
  add(t, LIVE, 255, LEAVE)
}

inline protect(t) {
  load(t, PTR, p, RELAXED);
  store(t, SLOT(t), ADDRESS(p), RELEASE);
  light(t);
  load(t, PTR, q, ACQUIRE)
}

/* Pointers are compared, which are the addresses; the versions are for the assertion. */
inline read(t) {
  if
  :: ADDRESS(p) == ADDRESS(q) -> use(t, ADDRESS(q), q)
  :: else
  fi;
  p = 0;
  q = 0
}

inline clear(t) {
  store(t, SLOT(t), 0, CLEAR)
}

inline stay(t) {
#ifdef LATE
  protect(t);
  enter(t);
  read(t);
  clear(t);
  leave(t)
#elif defined(LINGERING)
  enter(t);
  protect(t);
  leave(t);
  read(t);
  clear(t)
#elif defined(UNCLEARED)
  enter(t);
  protect(t);
  read(t);
  leave(t);
  clear(t)
#else
  enter(t);
  do
  :: rounds < ROUNDS ->
    protect(t);
    read(t);
    clear(t);
    rounds++
  :: else -> break
  od;
  rounds = 0;
  leave(t)
#endif
}

inline reader(t) {
  byte p, q, rounds, stays;
#if READERS == 1
  wants(t, BIT(PTR) | BIT(1) | BIT(2));
#else
  wants(t, BIT(PTR));
#endif
  do
  :: stays < STAYS ->
    stay(t);
    stays++
  :: else -> break
  od;
  wants(t, 0)
}

#ifdef HANDED
proctype first_reader() {
  byte p, q;
  wants(0, BIT(PTR));
  enter(0);
  protect(0);
  store(0, DISOWNED, 1, RELEASE);
  read(0);
  clear(0);
  wants(0, 0)
}

proctype second_reader() {
  byte p, q, disowned, held;
  wants(1, BIT(PTR) | BIT(SLOT(1)) | BIT(DISOWNED));
  do
  :: !disowned -> load(1, DISOWNED, disowned, ACQUIRE)
  :: else -> break
  od;
#ifndef TRUSTING
  load(1, SLOT(1), held, ACQUIRE);
  do
  :: held -> load(1, SLOT(1), held, ACQUIRE)
  :: else -> break
  od;
#endif
  full_fence(1);
  protect(1);
  read(1);
  clear(1);
  leave(1);
  wants(1, 0)
}
#else
proctype first_reader() {
  reader(0)
}

#if READERS > 1
proctype second_reader() {
  reader(1)
}
#endif
#endif

/* Waits until a reader's slot is not the old object. */
inline scan(t) {
  load(WRITER, SLOT(t), held, ACQUIRE);
  do
  :: held == ADDRESS(old) -> load(WRITER, SLOT(t), held, ACQUIRE)
  :: else -> break
  od
}

inline replace(new) {
  store(WRITER, ADDRESS(new), new, RELAXED);
#ifdef HASTY
  load(WRITER, LIVE, owners, ACQUIRE);
#endif
  swap(WRITER, PTR, new, old, TAKE, RELEASE);
#if AFTER == FENCE
  full_fence(WRITER);
#endif
#ifndef HASTY
  load(WRITER, LIVE, owners, ACQUIRE);
#endif
  if
  :: owners == 1
  :: else ->
    heavy(WRITER, BIT(READERS) - 1, left);
    scan(0);
#if READERS > 1
    scan(1);
#endif
    skip
  fi;
  d_step {
    mem[ADDRESS(old)] = FREED;
    old = 0;
    held = 0;
    owners = 0
  }
}

proctype writer() {
  byte old, held, left, owners;
#if READERS == 1
  wants(WRITER, BIT(SLOT(0)) | BIT(LIVE));
#else
  wants(WRITER, BIT(LIVE));
#endif
  replace(2);
#if STORES > 1
  replace(3);
#endif
#if STORES > 2
  replace(4);
#endif
  wants(WRITER, 0)
}

init {
  atomic {
    mem[PTR] = 1;
    mem[ADDRESS(1)] = 1;
    mem[LIVE] = 1;
    run first_reader();
#if READERS > 1
    run second_reader();
#endif
    run writer()
  }
}
