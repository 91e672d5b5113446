/* The reservation: `AtomicRef::load_full`, and `load` when the slots do not help, against `store` and the scan.
 *
 *   reader:  all = odd (release); light; p = ptr (acquire); count of p + 1; all = even (release); uses p; count of p - 1
 *   writer:  makes an object; old = swap(ptr, new); heavy; s = all (acquire); s is odd: waits until all (acquire) is not s;
 *            count of old - 1
 *
 * Who takes the last count frees. ROUNDS loads per reader, so that the writer may see one reservation end and find the
 * next in force: that it only waits for the value to change is what this model is about. One store.
 * Never: a count of, or a use of, an object that is freed or not yet made.
 *
 * Weakenings: REORDERED (no light()), HEAVY=…, LATE (reserves after the load of the pointer), HASTY (an even value seen before
 * heavy() counts), BASELINE (compares with a value that was read between the exchange and heavy()), ANY (whatever the value
 * is, it will do), and the orderings RESERVE, LOAD, END, EXCHANGE relaxed.
 */
#ifndef ROUNDS
#define ROUNDS 3
#endif
#ifndef RESERVE
#define RESERVE RELEASE
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
#define ALL 1
/* Objects of version 1 and 2, and their counts. */
#define ADDRESS(v) (1 + v)
#define COUNT 2
#include "machine.pml"

inline reserve() {
  sequence++;
  store(READER, ALL, sequence, RESERVE)
}

inline round() {
#ifdef REORDERED
  if
  :: reserve(); load(READER, PTR, p, LOAD)
  :: load(READER, PTR, p, LOAD); reserve()
  fi;
#elif defined(LATE)
  load(READER, PTR, p, LOAD);
  reserve();
  light(READER);
#else
  reserve();
  light(READER);
  load(READER, PTR, p, LOAD);
#endif
  count(READER, ADDRESS(p), p, INCREMENT);
  sequence++;
  store(READER, ALL, sequence, END);
  use(READER, ADDRESS(p), p);
  count(READER, ADDRESS(p), p, DECREMENT);
  p = 0
}

proctype reader() {
  byte p, sequence;
  wants(READER, BIT(PTR) | BIT(ADDRESS(1)) | BIT(ADDRESS(2)));
  do
  :: sequence < 2 * ROUNDS -> round()
  :: else -> break
  od;
  wants(READER, 0)
}

proctype writer() {
  byte old, first, now, left;
  wants(WRITER, BIT(ALL));
  store(WRITER, ADDRESS(2), 2, RELAXED);
  swap(WRITER, PTR, 2, old, EXCHANGE, EXCHANGE);
#if defined(HASTY) || defined(BASELINE)
  load(WRITER, ALL, first, ACQUIRE);
#endif
  heavy(WRITER, BIT(READER), left);
#if !defined(HASTY) && !defined(BASELINE)
  load(WRITER, ALL, first, ACQUIRE);
#endif
#ifdef BASELINE
  load(WRITER, ALL, now, ACQUIRE);
#else
  now = first;
#endif
#ifndef ANY
  do
  :: (now & 1) && now == first -> load(WRITER, ALL, now, ACQUIRE)
  :: else -> break
  od;
#endif
  wants(WRITER, 0);
  count(WRITER, ADDRESS(old), old, DECREMENT)
}

init {
  atomic {
    mem[PTR] = 1;
    mem[ADDRESS(1)] = 1;
    mem[ADDRESS(1) + COUNT] = 1;
    mem[ADDRESS(2) + COUNT] = 1;
    run reader();
    run writer()
  }
}
