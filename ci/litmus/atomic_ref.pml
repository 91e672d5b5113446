/* `AtomicRef::load` by hazard slot, against `store` and the scan.
 *
 *   reader:  p = ptr (relaxed); slot = p (release); light; q = ptr (acquire); q == p: uses the object; slot = null (release)
 *   writer:  makes an object; old = swap(ptr, new); heavy; waits until slot (acquire) is not old; frees old
 *
 * READERS, with ROUNDS loads each; of two readers none reads an object early, which would be too many states. STORES, up
 * to two: the second makes its object where the first one freed, so that the pointer may be equal and the object another.
 * That the writer waits, with no second heavy(), frees earlier than a later scan would.
 * RETRY: a load whose validation fails publishes what that has found, over the first guess, and validates again.
 * Never: a use of an object that is freed, or not yet made, or another than the one that the second load named.
 *
 * Weakenings: REORDERED (no light()), HEAVY=…, LATE (publishes after the validation), TRUSTING (does not validate), HASTY
 * (reads the slot before heavy()), and the orderings PUBLISH, VALIDATE, CLEAR, EXCHANGE relaxed.
 */
#ifndef READERS
#define READERS 1
#endif
#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef STORES
#define STORES 2
#endif
#ifndef PUBLISH
#define PUBLISH RELEASE
#endif
#ifndef VALIDATE
#define VALIDATE ACQUIRE
#endif
#ifndef CLEAR
#define CLEAR RELEASE
#endif
#ifndef EXCHANGE
#define EXCHANGE RELEASE
#endif

#define THREADS (READERS + 1)
#define WRITER READERS
#define PTR 0
/* Two addresses, 1 and 2; versions are made at them in turn. */
#define ADDRESS(v) (v & 1 -> 1 : 2)
#define SLOT(t) (3 + t)
#include "machine.pml"

inline publish(t) {
  store(t, SLOT(t), ADDRESS(p), PUBLISH)
}

inline validate(t) {
  load(t, PTR, q, VALIDATE)
}

/* One load. Pointers are compared, which are the addresses; the versions are for the assertion. */
inline round(t) {
  load(t, PTR, p, RELAXED);
#ifdef REORDERED
  if
  :: publish(t); validate(t)
  :: validate(t); publish(t)
  fi;
#elif defined(LATE)
  validate(t);
  publish(t);
  light(t);
#elif defined(TRUSTING)
  publish(t);
  light(t);
  q = p;
#else
  publish(t);
  light(t);
  validate(t);
#endif
#ifdef RETRY
  if
  :: ADDRESS(p) != ADDRESS(q) ->
    p = q;
    publish(t);
    light(t);
    validate(t)
  :: else
  fi;
#endif
  if
  :: ADDRESS(p) == ADDRESS(q) -> use(t, ADDRESS(q), q)
  :: else
  fi;
  store(t, SLOT(t), 0, CLEAR);
  p = 0;
  q = 0
}

inline reader(t) {
  byte p, q, rounds;
#if READERS == 1
  wants(t, BIT(PTR) | BIT(1) | BIT(2));
#else
  wants(t, BIT(PTR));
#endif
  do
  :: rounds < ROUNDS ->
    round(t);
    rounds++
  :: else -> break
  od;
  wants(t, 0)
}

proctype first_reader() {
  reader(0)
}

#if READERS > 1
proctype second_reader() {
  reader(1)
}
#endif

/* Waits until a reader's slot is not the old object. */
inline scan(t) {
#ifndef HASTY
  load(WRITER, SLOT(t), held, ACQUIRE);
#endif
  do
  :: held == ADDRESS(old) -> load(WRITER, SLOT(t), held, ACQUIRE)
  :: else -> break
  od
}

inline replace(new) {
  store(WRITER, ADDRESS(new), new, RELAXED);
  swap(WRITER, PTR, new, old, EXCHANGE, EXCHANGE);
#ifdef HASTY
  load(WRITER, SLOT(0), held, ACQUIRE);
#endif
  heavy(WRITER, BIT(READERS) - 1, left);
  scan(0);
#if READERS > 1
  scan(1);
#endif
  skip;
  d_step {
    mem[ADDRESS(old)] = FREED;
    old = 0;
    held = 0
  }
}

proctype writer() {
  byte old, held, left;
  wants(WRITER, BIT(SLOT(0)) | BIT(SLOT(READERS - 1)));
  replace(2);
#if STORES > 1
  replace(3);
#endif
  wants(WRITER, 0)
}

init {
  atomic {
    mem[PTR] = 1;
    mem[ADDRESS(1)] = 1;
    run first_reader();
#if READERS > 1
    run second_reader();
#endif
    run writer()
  }
}
