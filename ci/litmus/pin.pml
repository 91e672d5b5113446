/* A pin against retire and the scan of a domain.
 *
 *   reader:  pin = odd (release); light; p = ptr (acquire); uses p; pin = even (release)
 *   writer:  makes an object; old = swap(ptr, new); heavy; s = pin (acquire); s is odd: waits until pin (acquire) is not s;
 *            frees old
 *
 * ROUNDS pins; with REPIN the reader goes from one odd number to the next, as `Pin::repin` does. Two stores: the second
 * makes its object where the first one freed.
 * Never: a use of an object that is freed, or not yet made, or another than the one that was loaded.
 *
 * Weakenings: REORDERED (no light()), HEAVY=…, LATE (pins after the load of the pointer), HASTY (an even value seen before
 * heavy() counts), BASELINE (compares with a value that was read between the exchange and heavy()), ANY (whatever the value
 * is, it will do), KEPT (uses after repin what was loaded before), and the orderings BEGIN, LOAD, END, EXCHANGE relaxed.
 */
#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef BEGIN
#define BEGIN RELEASE
#endif
#ifndef LOAD
#define LOAD ACQUIRE
#endif
#ifndef END
#define END RELEASE
#endif
#ifndef EXCHANGE
#define EXCHANGE RELEASE
#endif

#define THREADS 2
#define READER 0
#define WRITER 1
#define PTR 0
#define PIN 1
/* Two addresses, 2 and 3; versions are made at them in turn. */
#define ADDRESS(v) (v & 1 -> 2 : 3)
#include "machine.pml"

inline begin() {
  sequence = (sequence + 1) | 1;
  store(READER, PIN, sequence, BEGIN)
}

inline round() {
#ifdef REORDERED
  if
  :: begin(); load(READER, PTR, p, LOAD)
  :: load(READER, PTR, p, LOAD); begin()
  fi;
#elif defined(LATE)
  load(READER, PTR, p, LOAD);
  begin();
  light(READER);
#elif defined(KEPT)
  begin();
  light(READER);
  if
  :: p == 0 -> load(READER, PTR, p, LOAD)
  :: else
  fi;
#else
  begin();
  light(READER);
  load(READER, PTR, p, LOAD);
#endif
  use(READER, ADDRESS(p), p);
#ifndef KEPT
  p = 0;
#endif
#ifndef REPIN
  sequence++;
  store(READER, PIN, sequence, END);
#endif
  rounds++
}

proctype reader() {
  byte p, sequence, rounds;
  wants(READER, BIT(PTR) | BIT(ADDRESS(1)) | BIT(ADDRESS(2)));
  do
  :: rounds < ROUNDS -> round()
  :: else -> break
  od;
  wants(READER, 0);
#ifdef REPIN
  sequence++;
  store(READER, PIN, sequence, END)
#endif
}

inline replace(new) {
  store(WRITER, ADDRESS(new), new, RELAXED);
  swap(WRITER, PTR, new, old, EXCHANGE, EXCHANGE);
#if defined(HASTY) || defined(BASELINE)
  load(WRITER, PIN, first, ACQUIRE);
#endif
  heavy(WRITER, BIT(READER), left);
#if !defined(HASTY) && !defined(BASELINE)
  load(WRITER, PIN, first, ACQUIRE);
#endif
#ifdef BASELINE
  load(WRITER, PIN, now, ACQUIRE);
#else
  now = first;
#endif
#ifndef ANY
  do
  :: (now & 1) && now == first -> load(WRITER, PIN, now, ACQUIRE)
  :: else -> break
  od;
#endif
  skip;
  d_step {
    mem[ADDRESS(old)] = FREED;
    old = 0;
    first = 0;
    now = 0
  }
}

proctype writer() {
  byte old, first, now, left;
  wants(WRITER, BIT(PIN));
  replace(2);
  replace(3);
  wants(WRITER, 0)
}

init {
  atomic {
    mem[PTR] = 1;
    mem[ADDRESS(1)] = 1;
    run reader();
    run writer()
  }
}
