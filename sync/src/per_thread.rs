//! A value for each thread that uses an object.
//!
//! The type is that of the crate `thread_local`, under a name that does not read like std's macro. Neither the registry nor
//! the hooks would add anything: it does not wait, and its table is already one look at a thread-local number and one into an array.

/// Thread-local values of one object: each thread that uses it has its own, and the object can go through all of them.
///
/// Re-exported from the crate `thread_local`, where the methods have their pages. What to know:
///
/// - `get_or` finds or makes the calling thread's value; a `T: Send` that is not `Sync`, such as a `Cell`, will do. `iter`
///   goes through the values of all threads and needs `T: Sync`; `iter_mut` and `into_iter` have the object to themselves.
/// - **Values live as long as the object**, not as long as their threads. A new thread may get the place, and the value,
///   of one that has ended, or may not; so make no value that knows its thread.
/// - If the closure of `get_or` panics, there is no value yet. If it uses the same object, the inner value stays and the
///   outer one is dropped.
/// - In the destructors of other thread-local variables `get_or` may panic, as the thread's number may be gone.
/// - `get_or` takes constant time and writes nothing shared, except when a thread first uses the object: that may allocate.
///
/// ```
/// use polder_sync::PerThread;
/// use std::{cell::Cell, thread};
///
/// let counts: PerThread<Cell<u32>> = PerThread::new();
/// thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             let mine = counts.get_or(|| Cell::new(0));
///             mine.set(mine.get() + 1);
///         });
///     }
/// });
/// assert_eq!(counts.into_iter().map(Cell::into_inner).sum::<u32>(), 3);
/// ```
pub use thread_local::ThreadLocal as PerThread;
