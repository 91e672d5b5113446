//! Bytes as calls, put to versions of a persistent vector and to `Vec`s.
#![no_main]

#[path = "../../tests/support/vector_walk.rs"]
#[expect(dead_code, reason = "the strategy is for the tests")]
mod vector_walk;

use libfuzzer_sys::fuzz_target;
use polder_collections::persistent::Vector;

/// Long enough for some levels of nodes, by joining a vector with itself.
const LONGEST: usize = 3000;

fuzz_target!(|bytes: &[u8]| {
    let calls: Vec<_> = bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|bytes| [0, 2, 4, 6].map(|place| u16::from_le_bytes([bytes[place], bytes[place + 1]])))
        .collect();
    vector_walk::walk(&calls, LONGEST, |_| ());
});
