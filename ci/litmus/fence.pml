/* What `fence` promises, on bare accesses: for each light() and each heavy(), either all before the light one is visible to
 * all after the heavy one, or the other way round. SHAPE 1 to 4 are the four ways in which a program can notice.
 *
 *   1  store buffering   x = 1; light; read y    |  y = 1; heavy; read x      not both read 0
 *   2  message passing   read y; light; read x   |  x = 1; heavy; y = 1       y read as 1 means x read as 1
 *   3  the other way     x = 1; light; y = 1     |  read y; heavy; read x     y read as 1 means x read as 1
 *   4  two writes        x = 1; light; y = 1     |  y = 2; heavy; read x      y ends as 2 means x read as 1
 *
 * All accesses are relaxed. SHAPE 5 is store buffering where the mode is chosen while threads run: a light() that finds
 * the mode symmetric is a full fence; a heavy() first registers, which sets the mode, and another thread does so too.
 *
 * Weakenings: LIGHT=NOTHING with REORDERED (no light(): the compiler may exchange the two accesses), HEAVY=NOTHING,
 * HEAVY=FENCE (no membarrier), HEAVY=OTHERS (membarrier without the caller's own fences), TRUSTING (SHAPE 5: a heavy() that
 * finds the mode symmetric takes a full fence for enough).
 */
#define X 0
#define Y 1
#define MODE 2
#if SHAPE == 5
#define THREADS 3
#else
#define THREADS 2
#endif
#define READER 0
#define WRITER 1
#define OTHER 2
#include "machine.pml"

byte ended, seen_x, seen_y;

/* Two accesses with a light() between them, which is all that keeps a compiler from exchanging them. */
#ifdef REORDERED
#define LIGHTLY(first, second) if :: first; second :: second; first fi
#else
#define LIGHTLY(first, second) first; light(READER); second
#endif

active proctype reader() {
#if SHAPE == 1
  wants(READER, BIT(Y));
  LIGHTLY(store(READER, X, 1, RELAXED), load(READER, Y, seen_y, RELAXED));
#elif SHAPE == 2
  wants(READER, BIT(X) | BIT(Y));
  LIGHTLY(load(READER, Y, seen_y, RELAXED), load(READER, X, seen_x, RELAXED));
#elif SHAPE == 5
  byte mode;
  wants(READER, BIT(MODE) | BIT(Y));
  store(READER, X, 1, RELAXED);
  load(READER, MODE, mode, RELAXED);
  wants(READER, BIT(Y));
  if
  :: mode == 0 -> full_fence(READER)
  :: else
  fi;
  load(READER, Y, seen_y, RELAXED);
  mode = 0;
#else
  LIGHTLY(store(READER, X, 1, RELAXED), store(READER, Y, 1, RELAXED));
#endif
  wants(READER, 0);
  ended++
}

active proctype writer() {
  byte left;
#if SHAPE == 2
  store(WRITER, X, 1, RELAXED);
  heavy(WRITER, BIT(READER), left);
  store(WRITER, Y, 1, RELAXED);
#elif SHAPE == 3
  wants(WRITER, BIT(X) | BIT(Y));
  load(WRITER, Y, seen_y, RELAXED);
  heavy(WRITER, BIT(READER), left);
  load(WRITER, X, seen_x, RELAXED);
#elif SHAPE == 5
  byte mode;
  wants(WRITER, BIT(MODE) | BIT(X));
  store(WRITER, Y, 1, RELAXED);
  load(WRITER, MODE, mode, RELAXED);
  wants(WRITER, BIT(X));
  if
#ifdef TRUSTING
  :: mode == 0 -> full_fence(WRITER)
#else
  :: mode == 0 ->
    store(WRITER, MODE, 1, RELAXED);
    heavy(WRITER, BIT(READER), left)
#endif
  :: else -> heavy(WRITER, BIT(READER), left)
  fi;
  load(WRITER, X, seen_x, RELAXED);
  mode = 0;
#else
  wants(WRITER, BIT(X));
  store(WRITER, Y, 1 + (SHAPE == 4), RELAXED);
  heavy(WRITER, BIT(READER), left);
  load(WRITER, X, seen_x, RELAXED);
#endif
  wants(WRITER, 0);
  ended++
}

#if SHAPE == 5
active proctype other() {
  store(OTHER, MODE, 1, RELAXED);
  ended++
}
#endif

active proctype judge() {
  ended == THREADS && EMPTY(READER) && EMPTY(WRITER);
#if SHAPE == 1 || SHAPE == 5
  assert(seen_x == 1 || seen_y == 1)
#elif SHAPE == 4
  assert(mem[Y] != 2 || seen_x == 1)
#else
  assert(seen_y == 0 || seen_x == 1)
#endif
}
