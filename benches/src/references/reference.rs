//! What a contender must be able to do: one trait per operation, so that who cannot do one has no row for it.

use super::payload::Payload;

/// A thread's access to a shared value that others may replace. It stays on the thread that took it.
pub(super) trait Reference: Sized {
    /// What is handed to a thread so that it can take its access there.
    type Seat: Send;

    /// Puts `value` behind a reference that `count` threads are to share.
    fn seats(value: Payload, count: usize) -> Vec<Self::Seat>;

    /// Takes the access; called on the thread that will use it.
    fn take(seat: Self::Seat) -> Self;

    /// Shows the current value.
    fn load(&mut self, look: impl FnOnce(&Payload));

    /// Does a part of what was put off: tries to free what nobody can see any more. Called until it frees nothing.
    fn settle(&mut self) {}
}

/// Who gives out the current value as an owner of its own, as good as an `Arc`: it may be kept and sent away.
pub(super) trait LoadFull: Reference {
    /// Shows the current value through an owner, which is then dropped.
    fn load_full(&mut self, look: impl FnOnce(&Payload));
}

/// Who replaces the value.
pub(super) trait Store: Reference {
    /// Replaces the value.
    fn store(&mut self, value: Payload);
}

/// Who gives back the value that it replaces.
pub(super) trait Swap: Reference {
    /// Replaces the value and shows the old one.
    fn swap(&mut self, value: Payload, look: impl FnOnce(&Payload));
}

/// Who replaces the value by one that is worked out from it, without losing another thread's in between.
pub(super) trait Rcu: Reference {
    /// Replaces the value by what `make` makes of it, calling it again when another thread was faster.
    fn rcu(&mut self, make: impl FnMut(&Payload) -> Payload);
}
