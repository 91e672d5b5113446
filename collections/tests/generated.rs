//! Strategies and `Arbitrary` of persistent and frozen collections: what comes out is as large as asked for, shrinks, and is made of all bytes.
#![cfg(all(not(polder_loom), any(feature = "proptest", feature = "arbitrary")))]

#[cfg(feature = "proptest")]
mod by_strategies {
    use std::fmt::Debug;

    use polder_collections::{frozen, persistent};
    use proptest::{
        prelude::*,
        strategy::ValueTree,
        test_runner::{Config, TestError, TestRunner},
    };

    const CASES: u32 = if cfg!(miri) { 2 } else { 50 };

    fn runner() -> TestRunner {
        TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() })
    }

    /// Of two to four entries; one that has three is found as the smallest that has more than two.
    fn check<C: Debug>(strategy: impl Strategy<Value = C>, len: impl Fn(&C) -> usize) {
        let mut sizes = [0; 3];
        for _ in 0..CASES {
            let made = strategy.new_tree(&mut runner()).unwrap().current();
            sizes[len(&made) - 2] += 1;
        }
        assert!(cfg!(miri) || sizes.iter().all(|size| *size > 0), "{sizes:?}");
        let failure = runner().run(&strategy, |made| {
            prop_assert!(len(&made) < 3);
            Ok(())
        });
        match failure {
            Err(TestError::Fail(_, least)) => assert_eq!(len(&least), 3, "{least:?}"),
            // Of a few cases, none may have as many.
            Ok(()) if cfg!(miri) => {}
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn collections_have_the_size_that_was_asked_for() {
        const SIZE: std::ops::Range<usize> = 2..5;
        let key = || 0..40_u32;
        check(persistent::strategy::map(key(), any::<bool>(), SIZE), |map| map.len());
        check(persistent::strategy::set(key(), SIZE), |set| set.len());
        check(persistent::strategy::ord_map(key(), any::<bool>(), SIZE), |map| map.len());
        check(persistent::strategy::ord_set(key(), SIZE), |set| set.len());
        check(persistent::strategy::vector(key(), SIZE), |vector| vector.len());
        check(frozen::strategy::map(key(), any::<bool>(), SIZE), |map| map.len());
        check(frozen::strategy::set(key(), SIZE), |set| set.len());
    }

    #[test]
    #[cfg_attr(miri, ignore = "some ten thousand items, and nothing that is unsafe")]
    fn any_is_for_collections_in_collections() {
        type All = (
            persistent::Map<u8, persistent::Set<char>>,
            persistent::OrdMap<persistent::OrdSet<u8>, persistent::Vector<u8>>,
            frozen::Map<u8, frozen::Set<u8>>,
        );
        let mut entries = [0; 3];
        for _ in 0..3 {
            let (map, ordered, frozen) = any::<All>().new_tree(&mut runner()).unwrap().current();
            for (sum, len) in entries.iter_mut().zip([map.len(), ordered.len(), frozen.len()]) {
                *sum += len;
            }
        }
        assert!(entries.iter().all(|len| *len > 0), "{entries:?}");
        let sized = any_with::<persistent::Vector<u8>>(((7..8).into(), ()));
        assert_eq!(sized.new_tree(&mut runner()).unwrap().current().len(), 7);
    }
}

#[cfg(feature = "arbitrary")]
mod from_bytes {
    use std::{
        collections::{BTreeMap, BTreeSet, HashMap},
        fmt::Debug,
        hash::RandomState,
    };

    use arbitrary::{Arbitrary, Unstructured};
    use polder_collections::{FastState, frozen, persistent};

    /// Both are made of the same bytes, and all of it.
    fn check<C, M, R>(normal: impl Fn(C) -> R, model: impl Fn(M) -> R)
    where
        C: for<'a> Arbitrary<'a>,
        M: for<'a> Arbitrary<'a>,
        R: Debug + PartialEq,
    {
        let bytes: Vec<u8> = (0..400_u32).map(|number| (number * 167 / 8) as u8).collect();
        let (mut one, mut other) = (Unstructured::new(&bytes), Unstructured::new(&bytes));
        for _ in 0..3 {
            assert_eq!(normal(C::arbitrary(&mut one).unwrap()), model(M::arbitrary(&mut other).unwrap()));
            assert_eq!(one.len(), other.len());
        }
        let all = normal(C::arbitrary_take_rest(Unstructured::new(&bytes)).unwrap());
        assert_eq!(all, model(M::arbitrary_take_rest(Unstructured::new(&bytes)).unwrap()));
    }

    #[test]
    fn collections_are_made_of_what_those_of_std_are_made_of() {
        type Pairs = BTreeMap<u8, u16>;
        type Items = BTreeSet<u16>;
        let items = |items: Items| items;
        check(|map: persistent::Map<u8, u16>| map.into_iter().collect::<Pairs>(), |map: Pairs| map);
        check(
            |map: persistent::Map<u8, u16, RandomState>| map.into_iter().collect::<Pairs>(),
            |map: HashMap<u8, u16>| map.into_iter().collect(),
        );
        check(|map: persistent::OrdMap<u8, u16>| map.into_iter().collect::<Pairs>(), |map: Pairs| map);
        check(|map: frozen::Map<u8, u16, FastState>| map.into_iter().collect::<Pairs>(), |map: Pairs| map);
        check(|set: persistent::Set<u16>| set.into_iter().collect(), items);
        check(|set: persistent::OrdSet<u16>| set.into_iter().collect(), items);
        check(|set: frozen::Set<u16>| set.into_iter().collect(), items);
        check(|vector: persistent::Vector<u8>| Vec::from(vector), |vec: Vec<u8>| vec);
    }
}
