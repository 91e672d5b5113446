//! The twin of `pace.rs` for the checkers, which have no clock: nobody stands back.

/// How long a wait stands back: not at all.
pub(super) struct Pace(());

impl Pace {
    pub(super) fn of_this_thread() -> Self {
        Self(())
    }

    pub(super) fn pause(&self) {}

    pub(super) fn shorten(&mut self) {}

    pub(super) fn learn(&self) {}
}

/// The time between two looks: none.
pub(super) fn watch() {}
