//! The sets of words and of entries, in what they have in common.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

use std::hash::RandomState;

use polder_collections::{DictSet, FastState, WordSet};

/// All tests for a set of numbers. What it gives out derefs to the number, or is one.
macro_rules! each_set {
    ($($name:ident: $Set:ident, $number:expr;)*) => {$(
        mod $name {
            use super::*;

            fn sorted<T>(items: impl IntoIterator<Item = T>, number: impl Fn(T) -> u64) -> Vec<u64> {
                let mut numbers: Vec<u64> = items.into_iter().map(number).collect();
                numbers.sort_unstable();
                numbers
            }

            #[test]
            fn items_come_once_and_go() {
                let set = $Set::from([1_u64, 2, 3, 2]);
                assert_eq!((set.len(), set.is_empty()), (3, false));
                assert!(!set.insert(3) && set.insert(4));
                assert!(set.contains(&4) && set.remove(&4) && !set.remove(&4) && !set.contains(&4));
                assert_eq!(sorted(&set, $number), [1, 2, 3]);
                assert_eq!(sorted(set.iter(), $number), [1, 2, 3]);
                assert_eq!(sorted(set.to_vec(), |item| item), [1, 2, 3]);
                assert_eq!(sorted(set, |item| item), [1, 2, 3]);
            }

            #[test]
            fn many_come_and_go() {
                let mut set = $Set::new();
                assert_eq!(set.insert_many([3_u64, 4, 5]), 3);
                assert_eq!(set.insert_many((0..40).chain(0..50)), 47);
                set.extend([100]);
                (&set).extend([100, 101]);
                assert_eq!(set.len(), 52);
                set.retain(|item| item % 2 == 1);
                assert_eq!(sorted(&set, $number), (1..50).step_by(2).chain([101]).collect::<Vec<_>>());
                assert_eq!(sorted(set.drain(), $number).len(), 26);
                assert!(set.is_empty());
                set.insert(1);
                set.clear();
                assert_eq!((set.len(), set.iter().count()), (0, 0));
            }

            #[test]
            fn sets_are_compared_with_others() {
                let (few, more) = ($Set::from([2_u64, 6]), $Set::from([2, 4, 6]));
                assert!(few.is_subset(&more) && !more.is_subset(&few));
                assert!($Set::from([1, 3]).is_disjoint(&more) && !few.is_disjoint(&more));
                assert_ne!(few, more);
                assert!(few.insert(4));
                assert_eq!(few, more);
                assert_eq!(more.clone(), more);
                // With another hasher.
                let others: $Set<u64, FastState> = [6, 4, 2].into_iter().collect();
                assert_eq!(others, more);
                assert!(others.is_subset(&more) && !others.is_disjoint(&more));
            }

            #[test]
            fn sets_do_as_other_collections_do() {
                assert_eq!(format!("{:?}", $Set::from([7_u64])), "{7}");
                assert!($Set::<u64, FastState>::default().is_empty());
                assert_eq!($Set::from([1_u64, 2]).into_iter().len(), 2);
                assert!($Set::<u64>::with_capacity(10).insert(1));
                let set = $Set::<u64, _>::with_capacity_and_hasher(10, RandomState::new());
                let _: &RandomState = set.hasher();
                assert!(set.insert(1) && !set.insert(1));
                let built = $Set::<u64>::builder().capacity(10).hasher(FastState::default()).build();
                assert!(built.insert(1) && built.contains(&1));
            }
        }
    )*};
}

each_set! {
    words: WordSet, |item: u64| item;
    entries: DictSet, |item| *item;
}
