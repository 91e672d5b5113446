//! What `close` adds to a queue: a flag that is looked at, and a bell that sleepers listen to. And what happens when one
//! side of a channel has no handle left.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use crossbeam_channel as cb;

use crate::{edge::edge_fence, private::Private};

/// Whether one channel is closed, for all of its handles.
pub(super) struct Gate {
    /// Set once the channel is closed.
    shut: OnceLock<()>,
    /// Dropped by whoever closes the channel, which rings the bell.
    key: Private<Option<cb::Sender<Infallible>>>,
    /// Never has a value: an operation on it is ready when the channel is closed, and not before.
    bell: cb::Receiver<Infallible>,
}

impl Gate {
    pub(super) fn new() -> Self {
        let (key, bell) = cb::bounded(0);
        Self { shut: OnceLock::new(), key: Private::new(Some(key)), bell }
    }

    /// Whether the channel is closed. What happened before the closing happens before an answer of yes.
    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.shut.get().is_some()
    }

    /// Closes the channel and wakes who sleeps on it; false if it was closed already.
    pub(super) fn shut(&self) -> bool {
        let first = self.shut.set(()).is_ok();
        if first {
            // The flag first (C2): whoever hears the bell finds it set.
            let key = self.key.lock().take();
            drop(key);
        }
        first
    }

    /// What to listen to in a selection.
    pub(super) fn bell(&self) -> &cb::Receiver<Infallible> {
        &self.bell
    }

    /// Completes an operation that the bell has ended.
    pub(super) fn heard(&self, operation: cb::SelectedOperation<'_>) {
        let Err(cb::RecvError) = operation.recv(&self.bell);
    }
}

/// Makes an end that crossbeam has reported happen before what follows: it reads the mark of the end relaxed, and its fence comes
/// before that.
pub(super) fn ended() {
    edge_fence!("channel_ended", Acquire);
}

/// What the senders of a channel have in common.
pub(super) struct Senders {
    gate: Arc<Gate>,
}

/// What the receivers of a channel have in common.
pub(super) struct Receivers<T> {
    queue: cb::Receiver<T>,
    gate: Arc<Gate>,
}

impl Senders {
    pub(super) fn new(gate: Arc<Gate>) -> Arc<Self> {
        Arc::new(Self { gate })
    }

    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}

impl<T> Receivers<T> {
    pub(super) fn new(queue: cb::Receiver<T>, gate: Arc<Gate>) -> Arc<Self> {
        Arc::new(Self { queue, gate })
    }

    #[inline]
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        self.gate.shut();
    }
}

impl<T> Drop for Receivers<T> {
    fn drop(&mut self) {
        self.gate.shut();
        // Crossbeam would keep what is in a bounded queue until the last sender goes, who may be waiting for an answer that
        // only the end of such a value can bring.
        while let Ok(value) = self.queue.try_recv() {
            drop(value);
        }
    }
}
