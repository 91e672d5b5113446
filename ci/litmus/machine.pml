/* The machine under the litmus models: memory, and what a processor may do to the order of a program's accesses.
 *
 * A model defines, before it includes this file, TSO or WEAK, and THREADS (1 to 3). It then writes its threads with the
 * operations at the end of this file.
 *
 * Memory is an array of bytes. Every thread has a *window* of accesses that it has issued, in program order, and that
 * memory has not seen. The process `memory` performs them at any later moment; a load looks into its own thread's window
 * first. A full fence waits until the window is empty.
 *
 * TSO (x86). The window holds stores and is performed first in, first out. Loads bind when they are issued. A
 * read-modify-write waits for an empty window.
 *
 * WEAK (in the spirit of Arm, and weaker than Arm in the places marked *).
 *   - An access in the window may overtake all earlier ones to other locations. A release store, or addition, or a
 *     decrement, which is one, waits for all earlier accesses: stores, uses of an object, increments.
 *   - * A relaxed store may also merge with an earlier store to its own location, even with a release store, and then
 *     waits for nothing that the earlier one waited for. Arm forbids that after a release store; C++20 promises nothing,
 *     since a release sequence no longer contains the later stores of the same thread.
 *   - The use of an object is a load whose value nothing waits for: it may bind late, after later stores were performed.
 *   - A load may bind early: at any moment before it is issued, *early* keeps what memory held. * Not even a dependent
 *     address prevents that. After an acquire load, nothing that was read before the moment at which it bound can be used,
 *     and after a full fence nothing at all. Two loads of one location never read backwards.
 *   - * A load, also an acquire load, may overtake earlier stores, also release stores.
 *   - An exchange is a load, and a store in the window: what follows may come before the store, though not before the load
 *     if that acquires. It is atomic because no other thread writes the location in the models that use it.
 *   - A change of a location that several threads change (SHARED) is an exchange during which nobody else writes there: from
 *     the load until memory has performed the store. One that releases starts when the window is empty.
 *   - An addition whose result the thread does not want is one access in the window, and atomic when it is performed.
 *
 * Both: `light()` is nothing, the compiler keeps the program order around it. membarrier is a full fence of the caller,
 * one of each other thread at some moment during the call, in any order and not at once, and again one of the caller. A
 * full fence is the step that finds the window empty and forgets the early values. Nothing is lost by that: a fence
 * completes at a moment when the window has become empty, and the thread issues nothing between its start and that.
 *
 * Not modelled: stores that reach some threads earlier than others (x86, Armv8 and RISC-V have none, POWER has); accesses of unequal size; values out of thin air; more than DEPTH accesses of one
 * thread in flight. Freeing is a direct write that follows from what the scan, or the look at `live`, has read, so the
 * acquire of those cannot be weakened here: a processor does not need it, the language does, and loom checks that.
 */

#define DEPTH 6
#define LOCATIONS 6

/* What an entry of a window is. */
#define RELAXED 0
#define RELEASE 1
#define USE 2
#define INCREMENT 3
#define DECREMENT 4
#define ADD 5
#define ADD_RELEASE (ADD + RELEASE)
/* The other ordering of a load. */
#define ACQUIRE 1

/* An address that holds no object. A live object holds its version, which starts at 1. */
#define FREED 0

typedef Window {
  byte length;
  byte kind[DEPTH];
  byte place[DEPTH];
  byte value[DEPTH];
}

/* Early values: which may still be wanted, which are there, what they are, and for each, which others were read before it. */
typedef Early {
  byte wanted;
  byte have;
  byte value[LOCATIONS];
  byte before[LOCATIONS];
}

byte mem[LOCATIONS];
Window window[THREADS];
#ifdef WEAK
Early early[THREADS];
#endif

/* Scratch of single steps, no part of the state. */
hidden byte from, into;

#define BIT(l) (1 << (l))
#define EMPTY(t) (window[t].length == 0)
#define IS_STORE(t, i) (window[t].kind[i] <= RELEASE)
#define AT(t, i, l) (window[t].length > i && window[t].place[i] == l && IS_STORE(t, i))
#define HOLDS(t, l) (AT(t, 0, l) || AT(t, 1, l) || AT(t, 2, l) || AT(t, 3, l) || AT(t, 4, l) || AT(t, 5, l))

/* Whether entry i may be performed before, or merged with, entry j in front of it. */
#define PASSES(t, i, j) (i <= j || window[t].place[i] != window[t].place[j] \
  || (window[t].kind[i] == RELAXED && IS_STORE(t, j)))
#ifdef SHARED
/* The thread, counted from 1, whose change of the location is in its window still. Nobody else writes there meanwhile. */
byte changing[LOCATIONS];
#define WRITABLE(t, l) (changing[l] == 0 || changing[l] == t + 1)
#else
#define WRITABLE(t, l) true
#endif

#ifdef TSO
#define READY(t, i) (i == 0)
#else
#define READY(t, i) (WRITABLE(t, window[t].place[i]) && (i == 0 || (window[t].kind[i] != RELEASE && window[t].kind[i] != DECREMENT \
  && window[t].kind[i] != ADD_RELEASE \
  && PASSES(t, i, 0) && PASSES(t, i, 1) && PASSES(t, i, 2) && PASSES(t, i, 3) && PASSES(t, i, 4))))
#endif

/* Takes entry i out of the window, with the stores that it merges with. */
inline take_out(t, i) {
  from = 0;
  into = 0;
  do
  :: from < window[t].length ->
    if
    :: from == i || (from < i && window[t].kind[i] == RELAXED && window[t].place[from] == window[t].place[i]) -> skip
    :: else ->
      /* The entry i is compared with until `from` has passed it, and nothing moves onto it before that. */
      window[t].kind[into] = window[t].kind[from];
      window[t].place[into] = window[t].place[from];
      window[t].value[into] = window[t].value[from];
      into++
    fi;
    from++
  :: else -> break
  od;
  from = into;
  do
  :: from < window[t].length ->
    window[t].kind[from] = 0;
    window[t].place[from] = 0;
    window[t].value[from] = 0;
    from++
  :: else -> break
  od;
  window[t].length = into
}

#ifdef COUNT
/* The count of the object at a location is COUNT locations further. */
#define COUNTED(t, i) mem[window[t].place[i] - COUNT]
#endif

inline perform(t, i) {
  d_step {
    window[t].length > i && READY(t, i) ->
    if
    :: IS_STORE(t, i) ->
      mem[window[t].place[i]] = window[t].value[i];
#ifdef SHARED
      changing[window[t].place[i]] = 0
#endif
    :: window[t].kind[i] == USE -> assert(mem[window[t].place[i]] == window[t].value[i])
    :: window[t].kind[i] >= ADD -> mem[window[t].place[i]] = mem[window[t].place[i]] + window[t].value[i]
#ifdef COUNT
    :: window[t].kind[i] == INCREMENT ->
      assert(COUNTED(t, i) == window[t].value[i]);
      mem[window[t].place[i]]++
    :: window[t].kind[i] == DECREMENT ->
      assert(COUNTED(t, i) == window[t].value[i]);
      mem[window[t].place[i]]--;
      if
      :: mem[window[t].place[i]] == 0 -> COUNTED(t, i) = FREED
      :: else
      fi
#endif
    fi;
    take_out(t, i)
  }
}

#ifdef WEAK
/* Forgets the early values of a mask. */
inline forget(t, which) {
  early[t].have = early[t].have & ~(which);
  from = 0;
  do
  :: from < LOCATIONS ->
    early[t].before[from] = early[t].before[from] & early[t].have;
    if
    :: early[t].have & BIT(from)
    :: else ->
      early[t].value[from] = 0;
      early[t].before[from] = 0
    fi;
    from++
  :: else -> break
  od;
  from = 0 /* A step must not end with a loop. */
}

#define NEWER(t, y, l) (early[t].before[y] & BIT(l))
#define FRESH(t, l) (early[t].value[l] == mem[l] && !(NEWER(t, 0, l) || NEWER(t, 1, l) || NEWER(t, 2, l) \
  || NEWER(t, 3, l) || NEWER(t, 4, l) || NEWER(t, 5, l)))

inline read_early(t, l) {
  d_step {
    (early[t].wanted & BIT(l)) && !HOLDS(t, l) && (!(early[t].have & BIT(l)) || !FRESH(t, l)) ->
    forget(t, BIT(l));
    early[t].value[l] = mem[l];
    early[t].before[l] = early[t].have;
    early[t].have = early[t].have | BIT(l)
  }
}
#else
#define forget(t, which) skip
#endif

#define PERFORM_ANY(t) \
  :: perform(t, 0) :: perform(t, 1) :: perform(t, 2) :: perform(t, 3) :: perform(t, 4) :: perform(t, 5)
#ifdef WEAK
#define READ_ANY(t) \
  :: read_early(t, 0) :: read_early(t, 1) :: read_early(t, 2) :: read_early(t, 3) :: read_early(t, 4) :: read_early(t, 5)
#else
#define READ_ANY(t)
#endif

active proctype memory() {
end:
  do
  PERFORM_ANY(0) READ_ANY(0)
#if THREADS > 1
  PERFORM_ANY(1) READ_ANY(1)
#endif
#if THREADS > 2
  PERFORM_ANY(2) READ_ANY(2)
#endif
  od
}

/* The operations of threads. t is a constant, and so is everything that names an ordering. */

inline issue(t, what, l, v) {
  d_step {
    window[t].length < DEPTH ->
    forget(t, BIT(l));
    window[t].kind[window[t].length] = what;
    window[t].place[window[t].length] = l;
    window[t].value[window[t].length] = v;
    window[t].length++
  }
}

/* From here on thread t loads from these locations (a mask) and no others. It can read them early, hence from the start. */
inline wants(t, locations) {
#ifdef WEAK
  d_step {
    early[t].wanted = locations;
    forget(t, ~(locations))
  }
#else
  skip
#endif
}

/* RELAXED or RELEASE. */
inline store(t, l, v, order) {
  issue(t, order, l, v)
}

/* RELAXED or ACQUIRE. */
inline load(t, l, result, order) {
  if
  :: d_step {
      HOLDS(t, l) ->
      from = window[t].length - 1;
      do
      :: window[t].place[from] == l && IS_STORE(t, from) -> break
      :: else -> from--
      od;
      result = window[t].value[from]
    }
  :: d_step {
      !HOLDS(t, l) ->
      result = mem[l];
      if
      :: order == ACQUIRE -> forget(t, 255)
      :: else -> forget(t, BIT(l))
      fi
    }
#ifdef WEAK
  :: d_step {
      !HOLDS(t, l) && (early[t].have & BIT(l)) ->
      result = early[t].value[l];
      if
      :: order == ACQUIRE -> forget(t, early[t].before[l])
      :: else
      fi
    }
#endif
  fi
}

/* Uses the object at location l, which has to be of version v then. */
inline use(t, l, v) {
#ifdef TSO
  assert(mem[l] == v)
#else
  if
  :: issue(t, USE, l, v)
  :: d_step { early[t].have & BIT(l) -> assert(early[t].value[l] == v) }
  fi
#endif
}

#ifdef COUNT
/* Increments (relaxed) or decrements (release) the count of the object at location l; the last one frees it. */
inline count(t, l, v, what) {
#ifdef TSO
  EMPTY(t);
  issue(t, what, l + COUNT, v);
  EMPTY(t)
#else
  issue(t, what, l + COUNT, v)
#endif
}
#endif

/* Adds to the number at location l, which the thread does not load; 255 takes one away. RELAXED or RELEASE. */
inline add(t, l, v, order) {
#ifdef TSO
  d_step {
    EMPTY(t) ->
    mem[l] = mem[l] + v
  }
#else
  issue(t, ADD + order, l, v)
#endif
}

/* Exchanges what no other thread writes. The load is RELAXED or ACQUIRE, the store RELAXED or RELEASE. */
inline swap(t, l, v, result, loading, storing) {
#ifdef TSO
  d_step {
    EMPTY(t) ->
    result = mem[l];
    mem[l] = v
  }
#else
  load(t, l, result, loading);
  store(t, l, v, storing)
#endif
}

#ifdef SHARED
#define CHANGEABLE(t, l, storing) (changing[l] == 0 && !HOLDS(t, l) && (storing == RELAXED || EMPTY(t)) \
  && window[t].length < DEPTH)

inline begin_change(t, l, new, loading) {
  if
  :: loading == ACQUIRE -> forget(t, 255)
  :: else -> forget(t, BIT(l))
  fi;
  window[t].kind[window[t].length] = RELAXED;
  window[t].place[window[t].length] = l;
  window[t].value[window[t].length] = new;
  window[t].length++;
  changing[l] = t + 1
}

/* Changes what other threads change as well: the result is what was there, and `new` may say mem[l]. The load is RELAXED
 * or ACQUIRE, the store RELAXED or RELEASE. */
inline change(t, l, new, result, loading, storing) {
#ifdef TSO
  d_step {
    EMPTY(t) ->
    result = mem[l];
    mem[l] = new
  }
#else
  d_step {
    CHANGEABLE(t, l, storing) ->
    result = mem[l];
    begin_change(t, l, new, loading)
  }
#endif
}

/* As `change`, if the location holds what is expected; else a relaxed load. */
inline change_if(t, l, expected, new, done, loading, storing) {
#ifdef TSO
  d_step {
    EMPTY(t) ->
    done = (mem[l] == expected);
    mem[l] = (done -> new : mem[l])
  }
#else
  if
  :: d_step {
      CHANGEABLE(t, l, storing) && mem[l] == expected ->
      done = 1;
      begin_change(t, l, new, loading)
    }
  :: d_step {
      !HOLDS(t, l) && mem[l] != expected ->
      done = 0;
      forget(t, BIT(l))
    }
  :: d_step {
      !HOLDS(t, l) && (early[t].have & BIT(l)) && early[t].value[l] != expected ->
      done = 0
    }
  fi
#endif
}
#endif

inline full_fence(t) {
  d_step {
    EMPTY(t) ->
    forget(t, 255)
  }
}

/* A full fence of each thread of the mask, in any order. `left` is a variable of the caller. */
inline interrupt(others, left) {
  left = others;
  do
  :: d_step { (left & BIT(0)) && EMPTY(0) -> forget(0, 255); left = left & ~BIT(0) }
#if THREADS > 1
  :: d_step { (left & BIT(1)) && EMPTY(1) -> forget(1, 255); left = left & ~BIT(1) }
#endif
#if THREADS > 2
  :: d_step { (left & BIT(2)) && EMPTY(2) -> forget(2, 255); left = left & ~BIT(2) }
#endif
  :: left == 0 -> break
  od
}

/* The kinds of fences. A protocol is checked with LIGHT and HEAVY as they are here, and a weakening redefines them. */
#define NOTHING 0
#define FENCE 1
#define OTHERS 2
#define MEMBARRIER 3
#ifndef LIGHT
#define LIGHT NOTHING
#endif
#ifndef HEAVY
#define HEAVY MEMBARRIER
#endif

inline light(t) {
#if LIGHT == FENCE
  full_fence(t)
#else
  skip
#endif
}

inline heavy(t, others, left) {
#if HEAVY == FENCE || HEAVY == MEMBARRIER
  full_fence(t);
#endif
#if HEAVY == OTHERS || HEAVY == MEMBARRIER
  interrupt(others, left);
#endif
#if HEAVY == MEMBARRIER
  full_fence(t);
#endif
  skip
}
