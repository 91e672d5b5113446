//! Random calls, put to a map and to the standard one: the answers are the same, and so is what the maps hold after each call.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/call.rs"]
mod call;
#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/subjects.rs"]
mod subjects;
#[path = "support/walk.rs"]
mod walk;

use std::{
    cell::RefCell,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use call::{Answer, Call, Subject};
use foldhash::fast::FixedState;
use hashers::{Clustered, Constant, Four, Identity};
use polder_collections::{Dict, WordDict};
use proptest::{
    collection::vec,
    prelude::any,
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use walk::walk;

const CASES: u32 = if cfg!(miri) { 2 } else { 100 };
const CALLS: usize = if cfg!(miri) { 12 } else { 120 };

/// The bytes of calls, and how to put them together: a whole call is taken out, or its bytes get smaller.
fn calls() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<[u8; 4]>(), 0..CALLS).prop_map(|calls| calls.into_iter().flatten().collect())
}

/// The smallest calls found that make a map differ from the standard one, if any do.
fn difference<M: Subject>(map: impl Fn() -> M) -> Option<String> {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&calls(), |bytes| {
        catch_unwind(AssertUnwindSafe(|| walk(&map(), &bytes))).map_err(|panic| {
            let text = panic.downcast::<String>().map_or_else(|_| "a panic".into(), |text| *text);
            TestCaseError::fail(text)
        })
    });
    match outcome {
        Ok(()) => None,
        Err(TestError::Fail(reason, bytes)) => {
            let (chunks, _) = bytes.as_chunks();
            let calls: Vec<_> = chunks.iter().map(|chunk| Call::decode(0, *chunk)).collect();
            Some(format!("{reason}\n{calls:?}"))
        }
        Err(TestError::Abort(reason)) => panic!("the calls cannot be made: {reason}"),
    }
}

fn assert_standard<M: Subject>(map: impl Fn() -> M) {
    if let Some(text) = difference(map) {
        panic!("{text}");
    }
}

macro_rules! standard {
    ($($name:ident: $map:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_standard(|| $map);
        }
    )*};
}

standard! {
    words: WordDict::<u64, u64, _>::with_hasher(FixedState::default());
    words_with_room: WordDict::<u64, u64, _>::with_capacity_and_hasher(1_000, FixedState::default());
    words_of_one_hash: WordDict::<u64, u64, _>::with_hasher(Constant);
    words_in_clusters: WordDict::<u64, u64, _>::with_hasher(Clustered);
    words_of_four_hashes: WordDict::<u64, u64, _>::with_hasher(Four);
    words_that_are_their_hash: WordDict::<u64, u64, _>::with_hasher(Identity);
    strings: Dict::<String, u64, _>::with_hasher(FixedState::default());
    strings_with_room: Dict::<String, u64, _>::with_capacity_and_hasher(1_000, FixedState::default());
    strings_of_one_hash: Dict::<String, u64, _>::with_hasher(Constant);
    strings_in_clusters: Dict::<String, u64, _>::with_hasher(Clustered);
    strings_of_four_hashes: Dict::<String, u64, _>::with_hasher(Four);
}

/// A standard map that loses an entry when it is asked for more room while it holds many.
#[derive(Default)]
struct Forgetful(RefCell<HashMap<u64, u64>>);

impl Subject for Forgetful {
    fn ask(&self, call: Call) -> Answer {
        let mut entries = self.0.borrow_mut();
        if let Call::Reserve(1..) = call
            && entries.len() > 40
        {
            let lost = entries.keys().min().copied();
            lost.map(|key| entries.remove(&key));
        }
        call::expected(&mut entries, call)
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes more calls than Miri has time for")]
fn a_map_that_forgets_is_found_and_the_calls_are_few() {
    let text = difference(Forgetful::default).expect("the bug shows");
    let calls = text.lines().last().expect("the calls are in the text");
    assert!(calls.contains("Reserve("), "{text}");
    assert!(calls.matches('(').count() < 12, "{text}");
}
