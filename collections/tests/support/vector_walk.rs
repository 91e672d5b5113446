//! Random calls, put to versions of a vector and to `Vec`s beside them.

use std::mem;

use proptest::{collection::vec, prelude::any, strategy::Strategy};

use super::Vector;

/// A number that says what to call, on which versions, in which form, and with what.
pub(crate) type Call = [u16; 4];

/// Calls for one walk.
pub(crate) fn calls(most: usize) -> impl Strategy<Value = Vec<Call>> {
    vec(any::<Call>(), 0..most)
}

/// A version, and what it ought to hold.
#[derive(Clone, Default)]
struct Version {
    vector: Vector<u32>,
    model: Vec<u32>,
}

/// Walks with some versions through all calls, and has `check` look at each new version. `longest` is the length from which on versions are cut.
pub(crate) fn walk(calls: &[Call], longest: usize, check: impl Fn(&Vector<u32>)) {
    let mut versions = vec![Version::default(); 4];
    let mut fresh = 0..;
    for &[what, who, one, two] in calls {
        let (first, second, third) = (usize::from(who % 4), usize::from(who / 4 % 4), usize::from(who / 16 % 4));
        let other = versions[second].clone();
        let new = if what & 0x8000 == 0 {
            // What this version has to itself is changed where it is.
            let mut new = mem::take(&mut versions[first]);
            apply(&mut new, &other, what, one.into(), two.into(), longest, &mut fresh, false);
            new
        } else {
            let old = &versions[first];
            let mut new = old.clone();
            apply(&mut new, &other, what, one.into(), two.into(), longest, &mut fresh, true);
            same(old);
            new
        };
        same(&new);
        same(&other);
        check(&new.vector);
        assert_eq!(new.vector == other.vector, new.model == other.model);
        assert_eq!(new.vector.cmp(&other.vector), new.model.cmp(&other.model));
        versions[third] = new;
    }
    versions.iter().for_each(same);
}

fn same(version: &Version) {
    let Version { vector, model } = version;
    assert_eq!(vector.len(), model.len());
    assert!(vector.iter().eq(model), "{vector:?} is not {model:?}");
    assert!(vector.iter().rev().eq(model.iter().rev()));
    for index in (0..model.len()).step_by(7).chain([model.len().wrapping_sub(1), model.len()]) {
        assert_eq!(vector.get(index), model.get(index));
    }
}

/// Calls a method in both of its forms.
macro_rules! either {
    ($version:ident, $persistent:ident, $plain:ident, $in_place:ident($($argument:expr),*)) => {
        if $persistent {
            $version.vector = $version.vector.$plain($($argument),*);
        } else {
            $version.vector.$in_place($($argument),*);
        }
    };
}

#[expect(clippy::too_many_arguments, reason = "one call is all of this")]
fn apply(
    version: &mut Version,
    other: &Version,
    what: u16,
    one: usize,
    two: usize,
    longest: usize,
    fresh: &mut impl Iterator<Item = u32>,
    persistent: bool,
) {
    let len = version.model.len();
    let index = one.checked_rem(len).unwrap_or(0);
    let (low, high) = {
        let (one, two) = (one % (len + 1), two % (len + 1));
        (one.min(two), one.max(two))
    };
    let count = two % 50;
    let model = &mut version.model;
    match what % 24 {
        0 | 1 => {
            for value in fresh.take(count) {
                either!(version, persistent, push_back, push_back_mut(value));
                version.model.push(value);
            }
        }
        2 => {
            for value in fresh.take(count) {
                either!(version, persistent, push_front, push_front_mut(value));
                version.model.insert(0, value);
            }
        }
        3 => {
            for _ in 0..count {
                let expected = version.model.pop();
                if persistent {
                    let (rest, value) = version.vector.pop_back().unzip();
                    assert_eq!(value, expected);
                    version.vector = rest.unwrap_or_default();
                } else {
                    assert_eq!(version.vector.pop_back_mut(), expected);
                }
            }
        }
        4 => {
            for _ in 0..count {
                let expected = (!version.model.is_empty()).then(|| version.model.remove(0));
                if persistent {
                    let (rest, value) = version.vector.pop_front().unzip();
                    assert_eq!(value, expected);
                    version.vector = rest.unwrap_or_default();
                } else {
                    assert_eq!(version.vector.pop_front_mut(), expected);
                }
            }
        }
        5 if len > 0 => {
            either!(version, persistent, set, set_mut(index, 7));
            version.model[index] = 7;
        }
        6 => {
            for value in fresh.take(count % 10) {
                let index = (one * 31 + count) % (version.model.len() + 1);
                either!(version, persistent, insert, insert_mut(index, value));
                version.model.insert(index, value);
            }
        }
        7 => {
            for step in 0..count.min(len) {
                let index = (one + step * two) % version.model.len();
                let expected = version.model.remove(index);
                if persistent {
                    version.vector = version.vector.remove(index);
                } else {
                    assert_eq!(version.vector.remove_mut(index), expected);
                }
            }
        }
        8..=11 => {
            either!(version, persistent, concat, append_mut(&other.vector));
            version.model.extend(&other.model);
        }
        12 => {
            let right = if persistent {
                let (left, right) = version.vector.split_at(low);
                version.vector = left;
                right
            } else {
                version.vector.split_off_mut(low)
            };
            assert!(right.iter().eq(&model.split_off(low)));
        }
        13 => {
            version.vector = version.vector.slice(low..high);
            *model = model[low..high].to_vec();
        }
        14 => {
            version.vector = version.vector.skip(low);
            model.drain(..low);
        }
        15 => {
            either!(version, persistent, take, truncate_mut(high));
            version.model.truncate(high);
        }
        16 => {
            let with: Vec<_> = fresh.take(count).collect();
            let removed = version.vector.slice(low..high);
            if persistent {
                version.vector = version.vector.splice(low..high, with.iter().copied());
            } else {
                assert_eq!(version.vector.splice_mut(low..high, with.iter().copied()), removed);
            }
            assert!(removed.iter().eq(&model.splice(low..high, with).collect::<Vec<_>>()));
        }
        17 => {
            let more: Vec<_> = fresh.take(count * 3).collect();
            version.vector.extend(&more);
            model.extend(&more);
        }
        18 => {
            let keep = |value: &u32| usize::try_from(*value).is_ok_and(|value| value % 7 != one % 7);
            either!(version, persistent, retain, retain_mut(keep));
            version.model.retain(keep);
        }
        19 => {
            either!(version, persistent, sort, sort_mut());
            version.model.sort();
        }
        20 => {
            for (place, value) in version.vector.iter_mut().enumerate().skip(low) {
                *value ^= u32::try_from(place).unwrap_or(0);
            }
            for (place, value) in model.iter_mut().enumerate().skip(low) {
                *value ^= u32::try_from(place).unwrap_or(0);
            }
        }
        21 if len > 0 => {
            either!(version, persistent, swap, swap_mut(index, two % len));
            version.model.swap(index, two % len);
        }
        22 => {
            // From both ends, by what the bits say.
            let (mut values, mut expected) = (version.vector.clone().into_iter(), model.clone().into_iter());
            let (mut front, mut back) = (Vec::new(), Vec::new());
            for step in 0..len {
                assert_eq!(values.len(), expected.len());
                if one >> (step / 5 % 16) & 1 == 0 {
                    front.extend(values.next());
                    expected.next();
                } else {
                    back.extend(values.next_back());
                    expected.next_back();
                }
            }
            assert!(values.next().is_none() && values.next_back().is_none());
            version.vector = front.into_iter().chain(back.into_iter().rev()).collect();
        }
        23 => {
            version.vector = version.vector.reverse();
            model.reverse();
        }
        _ => assert_eq!(version.vector.get(0), None),
    }
    if version.model.len() > longest {
        let start = one % (longest / 2);
        version.vector = version.vector.slice(start..start + longest / 2);
        version.model = version.model[start..][..longest / 2].to_vec();
    }
}
