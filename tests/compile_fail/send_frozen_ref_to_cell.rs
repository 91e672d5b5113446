//! A handle on a node goes to another thread while this one keeps another, and the node is a `Cell`.
//@ error: E0277

use polder::FrozenRef;

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

fn send(node: &FrozenRef<(), Count>) {
    let other = node.clone();
    std::thread::spawn(move || drop(other));
}

fn main() {
    let _never_called = send;
}
