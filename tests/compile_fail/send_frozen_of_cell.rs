//! A frozen graph goes to another thread while this one keeps a handle, and its root is a `Cell`.
//@ error: E0277

use polder::Frozen;

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

fn send(frozen: &Frozen<Count>) {
    let other = frozen.clone();
    std::thread::spawn(move || drop(other));
}

fn main() {
    let _never_called = send;
}
