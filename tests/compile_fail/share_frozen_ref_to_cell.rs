//! Two threads read a node by one handle, and the node is a `Cell`.
//@ error: E0277

use polder::FrozenRef;

#[cfg(feature = "crime")]
type Count = std::cell::Cell<u64>;
#[cfg(not(feature = "crime"))]
type Count = std::sync::atomic::AtomicU64;

fn share(node: &FrozenRef<(), Count>) {
    std::thread::scope(|scope| {
        scope.spawn(|| node.read(|_, _| ()));
    });
}

fn main() {
    let _never_called = share;
}
