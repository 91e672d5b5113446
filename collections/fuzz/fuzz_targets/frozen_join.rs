//! Bytes as two lists of pairs, made into frozen maps and compared, joined and looked into beside std's. The first two bytes choose their hash functions.
#![no_main]

#[path = "../../tests/support/hashers.rs"]
mod hashers;

use std::{
    collections::HashMap,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher},
};

use hashers::{Clustered, Constant, Four, Identity};
use libfuzzer_sys::fuzz_target;
use polder_collections::frozen::{Joined, Map};

/// The hash functions as one type, so that two maps of one type may differ in theirs.
#[derive(Clone, Copy, Debug)]
enum Any {
    Good,
    Identity,
    Clustered,
    Four,
    Constant,
}

impl Any {
    fn of(byte: u8) -> Self {
        [Self::Good, Self::Identity, Self::Clustered, Self::Four, Self::Constant][usize::from(byte % 5)]
    }
}

impl BuildHasher for Any {
    type Hasher = Box<dyn Hasher>;

    fn build_hasher(&self) -> Self::Hasher {
        match self {
            Self::Good => Box::new(DefaultHasher::new()),
            Self::Identity => Box::new(Identity.build_hasher()),
            Self::Clustered => Box::new(Clustered.build_hasher()),
            Self::Four => Box::new(Four.build_hasher()),
            Self::Constant => Box::new(Constant.build_hasher()),
        }
    }
}

/// Keys: two bytes that are made eight in a way that leaves hash functions their weaknesses, or a word of letters.
trait Key: Clone + Eq + Hash + std::fmt::Debug {
    fn of(low: u8, high: u8) -> Self;
}

impl Key for u64 {
    fn of(low: u8, high: u8) -> Self {
        u64::from(low) | u64::from(high).reverse_bits()
    }
}

impl Key for String {
    fn of(low: u8, high: u8) -> Self {
        "aeiou"
            .chars()
            .cycle()
            .skip(usize::from(low % 5))
            .take(usize::from(high % 24))
            .chain([char::from(low)])
            .collect()
    }
}

fn joined<K: Key>(one: (&[u8], Any), other: (&[u8], Any)) {
    let pairs = |bytes: &[u8]| -> Vec<(K, u8)> {
        bytes.as_chunks().0.iter().map(|&[low, high, value]| (K::of(low, high), value)).collect()
    };
    let made = |(bytes, state): (&[u8], Any)| -> (Map<K, u8, Any>, HashMap<K, u8>) {
        (Map::from_vec(pairs(bytes), state), pairs(bytes).into_iter().collect())
    };
    let ((one, first), (two, second)) = (made(one), made(other));
    for (map, model, absent) in [(&one, &first, &second), (&two, &second, &first)] {
        assert_eq!(map.len(), model.len());
        assert!(map.iter().all(|(key, value)| model.get(key) == Some(value)));
        assert!(model.keys().chain(absent.keys()).all(|key| map.get(key) == model.get(key)));
        assert_eq!(map.get_many(absent.keys().next().map(|key| [key; 1]).unwrap_or([&K::of(1, 2)])).len(), 1);
    }
    assert_eq!(one == two, first == second);

    let is = |map: Map<K, u8, Any>, model: HashMap<K, u8>| {
        assert_eq!(map.len(), model.len());
        assert!(map.iter().all(|(key, value)| model.get(key) == Some(value)));
        assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)));
    };
    let only = |one: &HashMap<K, u8>, two: &HashMap<K, u8>| -> HashMap<K, u8> {
        one.iter().filter(|(key, _)| !two.contains_key(key)).map(|(key, value)| (key.clone(), *value)).collect()
    };
    let both = || first.iter().filter_map(|(key, one)| Some((key.clone(), *one, *second.get(key)?)));
    let sum = |_: &K, one: &u8, two: &u8| one.wrapping_add(*two);
    is(one.union(&two), only(&second, &first).into_iter().chain(first.clone()).collect());
    is(one.intersection(&two), both().map(|(key, one, _)| (key, one)).collect());
    is(one.difference(&two), only(&first, &second));
    is(one.symmetric_difference(&two), only(&first, &second).into_iter().chain(only(&second, &first)).collect());
    is(one.intersection_with(&two, sum), both().map(|(key, one, two)| (key.clone(), sum(&key, &one, &two))).collect());
    let summed = both().map(|(key, one, two)| (key.clone(), sum(&key, &one, &two)));
    let apart = || only(&first, &second).into_iter().chain(only(&second, &first));
    is(one.union_with(&two, sum), apart().chain(summed).collect());

    let (mut left, mut right, mut mid) = (0, 0, 0);
    for joined in one.merge_join(&two) {
        match joined {
            Joined::Left(key, value) => {
                assert!(first.get(key) == Some(value) && !second.contains_key(key));
                left += 1;
            }
            Joined::Right(key, value) => {
                assert!(second.get(key) == Some(value) && !first.contains_key(key));
                right += 1;
            }
            Joined::Both(key, one, two) => {
                assert!(first.get(key) == Some(one) && second.get(key) == Some(two));
                mid += 1;
            }
        }
    }
    assert_eq!((left + mid, right + mid, left + right), (first.len(), second.len(), apart().count()));
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, other, cut, rest @ ..] = bytes else { return };
    let (left, right) = rest.split_at(rest.len() * usize::from(*cut) / 255);
    let (one, two) = ((left, Any::of(*choice)), (right, Any::of(*other)));
    if choice & 0x80 == 0 { joined::<u64>(one, two) } else { joined::<String>(one, two) }
});
