//! Bytes as calls, put to versions of an ordered map and to std's.
#![no_main]

use std::{collections::BTreeMap, mem, ops::Bound};

use libfuzzer_sys::fuzz_target;
use polder_collections::persistent::{Keep, OrdMap, Patch};

type Value = Box<u8>;
type Model = BTreeMap<u16, Value>;

/// A version, and what it ought to hold.
#[derive(Clone, Default)]
struct Version {
    map: OrdMap<u16, Value>,
    model: Model,
}

impl Version {
    fn is_right(&self) {
        let Self { map, model } = self;
        assert_eq!(map.len(), model.len());
        assert!(map.iter().eq(model));
        assert!(map.iter().rev().eq(model.iter().rev()));
        assert_eq!(map.first_key_value(), model.first_key_value());
        assert_eq!(map.last_key_value(), model.last_key_value());
    }

    fn look(&self, one: u16, two: u16) {
        let Self { map, model } = self;
        assert_eq!(map.get(&one), model.get(&one));
        let before = model.range(..one).count();
        assert_eq!(map.rank(&one), if model.contains_key(&one) { Ok(before) } else { Err(before) });
        assert_eq!(map.get_index(before), model.range(one..).next());
        let (low, high) = (one.min(two), one.max(two));
        assert!(map.range(low..high).eq(model.range(low..high)));
        assert!(map.range(low..=high).rev().eq(model.range(low..=high).rev()));
        if low < high {
            let open = (Bound::Excluded(low), Bound::Excluded(high));
            assert!(map.range::<u16>(open).eq(model.range::<u16, _>(open)));
        }
        // From both ends in turn.
        let (mut range, mut expected) = (map.range(low..), model.range(low..));
        while let Some(entry) = range.next() {
            assert_eq!(Some(entry), expected.next());
            assert_eq!(range.next_back(), expected.next_back());
        }
        assert_eq!(expected.next(), None);
    }

    /// A change of one version, in one of its forms.
    fn change(&mut self, what: u8, key: u16, byte: u8) {
        let (Self { map, model }, value) = (self, Box::new(byte));
        match what % 14 {
            0 => assert_eq!(map.insert_mut(key, value.clone()), model.insert(key, value)),
            1 => {
                *map = map.insert(key, value.clone());
                model.insert(key, value);
            }
            2 => assert_eq!(map.remove_mut(&key), model.remove(&key)),
            3 => {
                *map = map.remove(&key);
                model.remove(&key);
            }
            4 => {
                let next = |old: Option<&Value>| old.is_none_or(|old| *old < value).then(|| value.clone());
                *map = map.alter(key, next);
                match next(model.get(&key)) {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            5 => {
                *map.entry_mut(key).or_insert(Box::new(0)) = value.clone();
                model.insert(key, value);
            }
            6 | 7 => {
                for key in key..key.saturating_add(byte.into()) {
                    map.insert_mut(key, value.clone());
                    model.insert(key, value.clone());
                }
            }
            8 => {
                for key in key..key.saturating_add(byte.into()) {
                    assert_eq!(map.remove_mut(&key), model.remove(&key));
                }
            }
            9 => {
                map.retain_mut(|key, old| key % 3 != 0 || *old > value);
                model.retain(|key, old| key % 3 != 0 || *old > value);
            }
            10 => {
                map.range_mut(key..).for_each(|(_, old)| *old = value.clone());
                model.range_mut(key..).for_each(|(_, old)| *old = value.clone());
            }
            11 => {
                for step in 0..byte % 40 {
                    if step % 2 == 0 {
                        assert_eq!(map.pop_first_mut(), model.pop_first());
                    } else {
                        assert_eq!(map.pop_last_mut(), model.pop_last());
                    }
                }
            }
            12 => {
                let above = map.split_off_mut(&key);
                assert!(above.iter().eq(&model.split_off(&key)));
            }
            _ => {
                let (below, at, above) = map.split(&key);
                let mut rest = model.split_off(&key);
                assert_eq!(at, rest.remove_entry(&key));
                assert!(below.iter().eq(&*model) && above.iter().eq(&rest));
                *map = below.append(&above);
                model.append(&mut rest);
            }
        }
    }

    /// What two versions make.
    fn with(&self, other: &Self, what: u8) -> Self {
        let (one, two) = (&self.model, &other.model);
        let only = |one: &Model, two: &Model| -> Model {
            one.iter().filter(|(key, _)| !two.contains_key(key)).map(|(key, value)| (*key, value.clone())).collect()
        };
        let higher = |_: &u16, one: &Value, two: &Value| one.max(two).clone();
        let both = || one.iter().filter_map(|(key, value)| Some((*key, value, two.get(key)?)));
        let (map, model) = match what % 8 {
            0 => {
                (self.map.union(&other.map), two.iter().chain(one).map(|(key, value)| (*key, value.clone())).collect())
            }
            1 => (self.map.intersection(&other.map), both().map(|(key, value, _)| (key, value.clone())).collect()),
            2 => (self.map.difference(&other.map), only(one, two)),
            3 => {
                let model = only(one, two).into_iter().chain(only(two, one)).collect();
                (self.map.symmetric_difference(&other.map), model)
            }
            4 => {
                let mut model: Model = only(one, two).into_iter().chain(only(two, one)).collect();
                model.extend(both().map(|(key, one, two)| (key, higher(&key, one, two))));
                (self.map.union_with(&other.map, higher), model)
            }
            5 => {
                (self.map.append(&other.map), one.iter().chain(two).map(|(key, value)| (*key, value.clone())).collect())
            }
            6 => {
                let left = |key: &u16, value: &Value| (key % 4 != 0).then(|| value.clone());
                let mut model: Model =
                    only(one, two).into_iter().filter_map(|(key, value)| Some((key, left(&key, &value)?))).collect();
                model.extend(only(two, one));
                model.extend(both().map(|(key, one, two)| (key, higher(&key, one, two))));
                (self.map.merge_with(&other.map, left, Keep, |key, one, two| Some(higher(key, one, two))), model)
            }
            _ => {
                let patch: Patch<u16, Value> = self.map.diff(&other.map).collect();
                let expected = one.keys().filter(|key| one.get(key) != two.get(key)).count();
                assert_eq!(patch.len(), expected + two.keys().filter(|key| !one.contains_key(key)).count());
                (self.map.apply(&patch), two.clone())
            }
        };
        Self { map, model }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut versions = vec![Version::default(); 4];
    for &[what, who, low, high, byte] in bytes.as_chunks().0 {
        let (first, second, third) = (usize::from(who % 4), usize::from(who / 4 % 4), usize::from(who / 16 % 4));
        let key = u16::from_le_bytes([low, high & 7]);
        let new = if what & 0x80 == 0 {
            // What the version has to itself is changed where it is, unless a copy is kept.
            let mut new = if who & 0x80 == 0 { mem::take(&mut versions[first]) } else { versions[first].clone() };
            new.change(what, key, byte);
            new
        } else {
            versions[first].with(&versions[second], what)
        };
        new.is_right();
        new.look(key, u16::from(byte) * 8);
        let other = &versions[second];
        assert_eq!(new.map == other.map, new.model == other.model);
        assert_eq!(new.map.cmp(&other.map), new.model.cmp(&other.model));
        versions[third] = new;
    }
    versions.iter().for_each(Version::is_right);
});
