//! The state machine of the cell: a number that is even while nobody writes, one function for each transition.
//!
//! Nothing else reads or writes the number. The module header of [`seq_cell`](super) has the table of transitions and
//! the orderings; the names E1, I1 … below are its.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    edge::{edge, edge_fence},
    primitive::{AtomicU64, Backoff, const_fn},
};

/// The number of one cell.
pub(super) struct Sequence(AtomicU64);

/// An even number that was seen: the end of one section, or the cell as it was made.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Quiet(u64);

/// The right to write, given back by [`leave`](Self::leave).
#[must_use]
pub(super) struct Inside<'a> {
    sequence: &'a Sequence,
    /// The even number that the section began from.
    from: u64,
}

impl Sequence {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self(AtomicU64::new(0))
        }
    }

    /// The number, if it is even; `None` while a writer is inside.
    #[inline]
    pub(super) fn look(&self) -> Option<Quiet> {
        // Acquire: E1 from the `leave` that stored the number. What is read afterwards is no older than that section.
        let number = self.0.load(edge!("seq_look", Acquire, weaker Relaxed));
        number.is_multiple_of(2).then_some(Quiet(number))
    }

    /// Whether nothing that was read since the look at `quiet` is newer than it.
    #[inline]
    pub(super) fn is_still(&self, quiet: Quiet) -> bool {
        // E2 from the fence in `enter_at`: if any word came from a later section, the load below sees that section's
        // odd number, or one after it.
        edge_fence!("seq_validate", Acquire);
        // Relaxed: the fence has already ordered it after the words.
        self.0.load(Relaxed) == quiet.0
    }

    /// `quiet → quiet + 1`; the right to write if the number was still `quiet`.
    #[inline]
    pub(super) fn enter_at(&self, quiet: Quiet) -> Option<Inside<'_>> {
        // Relaxed: success means that the number is the one that `look` has seen, and that look has E1 (I1: each even
        // number is stored once). After a failure nothing is read.
        self.0.compare_exchange(quiet.0, quiet.0 | 1, Relaxed, Relaxed).ok()?;
        // E2 to the fence in `is_still`: whoever reads a word of this section learns that the number is odd or later.
        edge_fence!("seq_open", Release);
        Some(Inside { sequence: self, from: quiet.0 })
    }

    /// The right to write, waiting while another thread has it.
    #[inline]
    pub(super) fn enter(&self) -> Inside<'_> {
        match self.look().and_then(|quiet| self.enter_at(quiet)) {
            Some(inside) => inside,
            None => self.enter_contended(),
        }
    }

    #[cold]
    fn enter_contended(&self) -> Inside<'_> {
        let backoff = Backoff::new();
        loop {
            backoff.snooze();
            if let Some(inside) = self.look().and_then(|quiet| self.enter_at(quiet)) {
                return inside;
            }
        }
    }
}

impl Inside<'_> {
    /// `odd → the next even number`, by the thread that made it odd.
    #[inline]
    pub(super) fn leave(self) {
        // Wrapping never happens: 2⁶³ sections take centuries. It is written so that no panic can leave the number odd.
        let next = self.from.wrapping_add(2);
        // Release: E1 to whoever looks at the cell next. A plain store, for nobody else changes an odd number (I1).
        self.sequence.0.store(next, edge!("seq_leave", Release, weaker Relaxed));
    }
}
