//! Bytes as calls, put to a dict and to the standard map. The first byte chooses the dict.
#![no_main]

#[path = "../../tests/support/call.rs"]
mod call;
#[path = "../../tests/support/hashers.rs"]
mod hashers;
#[path = "../../tests/support/subjects.rs"]
mod subjects;
#[path = "../../tests/support/walk.rs"]
mod walk;

use foldhash::fast::FixedState;
use hashers::{Clustered, Constant, Four, Identity};
use libfuzzer_sys::fuzz_target;
use polder_collections::WordDict;
use walk::walk;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, calls)) = bytes.split_first() else { return };
    match choice % 5 {
        0 => walk(&WordDict::<u64, u64, _>::with_hasher(FixedState::default()), calls),
        1 => walk(&WordDict::<u64, u64, _>::with_hasher(Identity), calls),
        2 => walk(&WordDict::<u64, u64, _>::with_hasher(Clustered), calls),
        3 => walk(&WordDict::<u64, u64, _>::with_hasher(Four), calls),
        _ => walk(&WordDict::<u64, u64, _>::with_hasher(Constant), calls),
    }
});
