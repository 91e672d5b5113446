//! Words become numbers and numbers words again, and two keys are equal just when their numbers are.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

use std::{
    fmt::Debug,
    net::Ipv4Addr,
    num::{NonZero, Saturating, Wrapping},
};

use polder_collections::{Word, WordDict, WordKey};

/// Numbers that are special to some type, and others.
fn numbers() -> Vec<u64> {
    let powers = (0..64).map(|bit| 1_u64 << bit);
    let around = powers.flat_map(|power| [power - 1, power, !power, power.wrapping_neg()]);
    let count = if cfg!(miri) { 20 } else { 2_000 };
    let others = (1..=count).map(|number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    around.chain(others).collect()
}

/// Any number is a value, and a value stays what it is.
fn check_value<T: Word + Debug + PartialEq>() {
    for bits in numbers() {
        let value = T::from_bits(bits);
        assert_eq!(T::from_bits(value.to_bits()), value, "{bits:#x}");
    }
}

/// Besides, keys differ if their numbers do; and they are found in dicts.
fn check_key<T: WordKey + Debug>() {
    check_value::<T>();
    let keys: Vec<T> = numbers().into_iter().map(T::from_bits).collect();
    for pair in keys.windows(2) {
        assert_eq!(pair[0] == pair[1], pair[0].to_bits() == pair[1].to_bits(), "{pair:?}");
    }
    let few = &keys[..keys.len().min(if cfg!(miri) { 10 } else { 500 })];
    let dict = WordDict::new();
    for (&key, number) in few.iter().zip(0_u32..) {
        dict.insert(key, (number, key_value(key)));
    }
    for &key in few {
        let (number, value) = dict.get(&key).expect("it was put in");
        assert_eq!((few[number as usize], value), (key, key_value(key)));
    }
    assert!(dict.keys().all(|key| few.contains(&key)));
}

/// Some function of a key.
fn key_value<T: WordKey>(key: T) -> i32 {
    (key.to_bits() as i32).wrapping_neg()
}

macro_rules! check {
    ($check:ident: $($name:ident: $($type:ty),+;)*) => {$(
        #[test]
        fn $name() {
            $($check::<$type>();)+
        }
    )*};
}

check! { check_key:
    unsigned: u8, u16, u32, u64, usize;
    signed: i8, i16, i32, i64, isize;
    plain: (), bool, char, Ipv4Addr;
    non_zero: NonZero<u8>, NonZero<i16>, NonZero<u64>, NonZero<i64>;
    optional: Option<NonZero<u8>>, Option<NonZero<i16>>, Option<NonZero<u64>>, Option<NonZero<i64>>;
    wrapped: Wrapping<i32>, Saturating<i64>, Wrapping<(i8, i8)>;
    pairs: (u32, u32), (i32, i32), (i8, u32), (u32, i8), (bool, char), ((), i16);
    arrays: [u8; 1], [u8; 7], [u8; 8], [u16; 3], [u16; 4], [u32; 1], [u32; 2];
}

#[test]
fn floats_keep_their_bits() {
    for bits in numbers() {
        assert_eq!(Word::to_bits(<f64 as Word>::from_bits(bits)), bits);
        let low = bits & u64::from(u32::MAX);
        assert_eq!(Word::to_bits(<f32 as Word>::from_bits(low)), low);
        let pair = <(f32, f32)>::from_bits(bits);
        assert_eq!((pair.0.to_bits(), pair.1.to_bits()), (bits as u32, (bits >> 32) as u32));
    }
}

#[test]
fn negative_numbers_do_not_reach_into_each_other() {
    let dict = WordDict::from([((-1_i8, -1_i32), (-2_i32, -3_i8)), ((-1, 0), (0, -1))]);
    assert_eq!(dict.get(&(-1, -1)), Some((-2, -3)));
    assert_eq!(dict.get(&(-1, 0)), Some((0, -1)));
    assert_eq!(dict.get(&(0, -1)), None);
}

#[test]
fn what_is_zero_is_a_key_and_a_value_as_others() {
    let dict = WordDict::from([(0_u64, 0_u64), (1, 0)]);
    assert_eq!(dict.get(&0), Some(0));
    assert_eq!(dict.remove(&0), Some(0));
    assert_eq!(dict.get(&0), None);
    assert_eq!(dict.get(&1), Some(0));
}
