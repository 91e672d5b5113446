//! Versions of maps with several levels of full branches, so that most of what is merged and compared is in the same slots of both.

use super::{Kindly, Map, Model, Sample, two_maps};

/// Changes spread over the map: keys that are new, others that go, values that change, and some that change back.
fn changed<K: Sample, V: Sample>(
    (map, model): &(Map<K, V, Kindly>, Model<K, V>),
    len: u64,
    seed: u64,
    step: u64,
) -> (Map<K, V, Kindly>, Model<K, V>) {
    let (mut map, mut model) = (map.clone(), model.clone());
    let mut number = seed;
    for turn in 0..len / step {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = K::of((number >> 33) % (len + len / 4));
        if turn % 3 == 0 {
            assert_eq!(map.remove_mut(&key), model.remove(&key));
        } else {
            let value = V::of(number >> 61);
            assert_eq!(map.insert_mut(key.clone(), value.clone()), model.insert(key, value));
        }
    }
    (map, model)
}

fn check_all<K: Sample, V: Sample>(kind: Kindly) {
    let len = 700;
    let mut base = (Map::with_hasher(kind), Model::new());
    for key in 0..len {
        base.0.insert_mut(K::of(key), V::of(key));
        base.1.insert(K::of(key), V::of(key));
    }
    for step in [200, 12, 2] {
        let (one, two) = (changed(&base, len, step, step), changed(&base, len, step + 1, step));
        two_maps(&one, &two);
        two_maps(&base, &one);
        two_maps(&one, &base);
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many steps")]
fn versions_are_merged_to_what_their_entries_are() {
    for kind in [Kindly::Spread, Kindly::Small, Kindly::Crowds] {
        check_all::<u64, u64>(kind);
        check_all::<u64, [u64; 2]>(kind);
        check_all::<String, u64>(kind);
    }
}
