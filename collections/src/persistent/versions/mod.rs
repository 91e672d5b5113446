//! serde: versions of one collection, of which each says only what it has not in common with another.
//!
//! # The form
//!
//! A sequence of steps, one for each version: `from`, the number of the version that it is made of, and `change`, what has to be done to that one. Versions
//! are counted from 1; 0 is the empty collection. A version is made of one that comes before it, so there are no cycles.
//!
//! | | change |
//! |---|---|
//! | maps | `removed`: keys; `put`: pairs of a key and its value |
//! | sets | `removed`: items; `put`: items |
//! | [`Vector`](super::Vector) | a list of `[[start, end], elements]`: what is kept of the version that it is made of, and what comes behind that |
//!
//! It tells contents, not nodes: hashes are others in another process, and what is read need not be believed.
//!
//! # What is refused
//!
//! A `from` that is no version before; keys to be removed that are not there; equal keys in one step; keys of ordered collections out of order; what is kept of a
//! vector out of order, twice, or not there. So no version has more entries or elements than the input has. Reading takes a step
//! what its changes take, each O(log n), and no recursion, however many steps there are.
//!
//! # What is not
//!
//! Input of which memory grows faster than its length. A change of an ordered map or a vector clones the elements of a leaf, and what those own with them; a step
//! of a few bytes does that. Keys and values of hashed maps and sets that own something are not cloned.

mod maps;
mod sequence;

use core::{
    fmt,
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use alloc::vec::Vec;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::SerializeSeq,
};

/// Versions of one collection, for serde: what neighbours share is written once, and shared again when it is read.
///
/// Serialised by themselves, versions are written out in full, each of them. In here the first is written in full, and of each further one what has to be
/// done to the one before it, unless that is more than the version itself. So put next to each other what has much in common.
///
/// | | writing a version that follows another | reading it |
/// |---|---|---|
/// | maps and sets | what [`diff`](super::Map::diff) costs; `V: Eq`, as for that | O(log n) for each change |
/// | [`Vector`](super::Vector) | a look at each leaf, which has 16 to 32 elements; leaves that are not shared are written as a whole | O(log n) for each run of leaves that is not shared |
///
/// The input is not trusted: one that contradicts itself is an error. But how long it may be is for the caller to say: a step of a few bytes makes a version,
/// and that takes memory as when it was made first, about a kilobyte. Of an [`OrdMap`](super::OrdMap), an [`OrdSet`](super::OrdSet) or a [`Vector`](super::Vector) it
/// may be much more, if the elements are large or own much, as strings may: a change clones up to 32 neighbours, so the versions may take as much memory as
/// the square of the input's length. A [`Map`](super::Map) and a [`Set`](super::Set) clone nothing that owns something, and elements that are an `Arc` are as
/// cheap everywhere.
///
/// # Examples
///
/// ```
/// use polder_collections::persistent::{Map, Versions};
///
/// let first: Map<String, u32> = (0..1000).map(|number| (number.to_string(), number)).collect();
/// let second = first.insert("7".to_owned(), 70);
/// let third = second.remove("8");
///
/// let history = Versions(vec![first, second, third]);
/// let text = serde_json::to_string(&history)?;
/// assert!(text.ends_with(
///     r#",{"from":1,"change":{"removed":[],"put":[["7",70]]}},{"from":2,"change":{"removed":["8"],"put":[]}}]"#
/// ));
/// assert_eq!(serde_json::from_str::<Versions<Map<String, u32>>>(&text)?, history);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Versions<C>(pub Vec<C>);

impl<C> Default for Versions<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> From<Vec<C>> for Versions<C> {
    fn from(versions: Vec<C>) -> Self {
        Self(versions)
    }
}

impl<C> FromIterator<C> for Versions<C> {
    fn from_iter<I: IntoIterator<Item = C>>(versions: I) -> Self {
        Self(versions.into_iter().collect())
    }
}

/// A version and what it is made of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step<D> {
    from: usize,
    change: D,
}

/// A collection of which a version can be written as a change.
trait Write {
    type Change<'a>: Serialize
    where
        Self: 'a;

    /// What makes this version of nothing.
    fn whole(&self) -> Self::Change<'_>;

    /// What makes this version of another one, if that is less.
    fn change<'a>(&'a self, from: &'a Self) -> Option<Self::Change<'a>>;
}

/// A collection of which a version can be made by a change.
trait Read: Clone + Default {
    type Change;

    fn changed(self, change: Self::Change) -> Result<Self, Invalid>;
}

/// Why a change is refused.
#[derive(Clone, Copy, Debug)]
enum Invalid {
    Missing,
    Duplicate,
    Order,
    Range,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "something is removed that is not there",
            Self::Duplicate => "two entries have equal keys",
            Self::Order => "keys are not in order",
            Self::Range => "what is kept is not there, or not in order",
        })
    }
}

fn write<C: Write, S: Serializer>(versions: &[C], serializer: S) -> Result<S::Ok, S::Error> {
    let mut steps = serializer.serialize_seq(Some(versions.len()))?;
    let mut before = None;
    for (index, version) in versions.iter().enumerate() {
        let step = match before.and_then(|before| version.change(before)) {
            Some(change) => Step { from: index, change },
            None => Step { from: 0, change: version.whole() },
        };
        steps.serialize_element(&step)?;
        before = Some(version);
    }
    steps.end()
}

struct Steps<C>(PhantomData<C>);

impl<'de, C: Read<Change: Deserialize<'de>>> Visitor<'de> for Steps<C> {
    type Value = Vec<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence of versions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut steps: A) -> Result<Vec<C>, A::Error> {
        // All are made of one hasher, so that they share.
        let mut versions = Vec::from([C::default()]);
        while let Some(Step { from, change }) = steps.next_element()? {
            let number = versions.len();
            let Some(base) = versions.get(from) else {
                return Err(A::Error::custom(format_args!(
                    "version {number} is made of {from}, which is not before it"
                )));
            };
            let version = base.clone().changed(change);
            versions.push(version.map_err(|error| A::Error::custom(format_args!("version {number}: {error}")))?);
        }
        versions.remove(0);
        Ok(versions)
    }
}

macro_rules! serde {
    ($($type:ident<$($param:ident),*>: write { $($write:tt)* } read { $($read:tt)* })*) => { $(
        impl<$($param),*> Serialize for Versions<super::$type<$($param),*>>
        where
            $($write)*
        {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                write(&self.0, serializer)
            }
        }

        impl<'de, $($param),*> Deserialize<'de> for Versions<super::$type<$($param),*>>
        where
            $($read)*
        {
            fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
                deserializer.deserialize_seq(Steps(PhantomData)).map(Self)
            }
        }
    )* };
}

serde! {
    Map<K, V, S>:
        write { K: Serialize + Hash + Eq, V: Serialize + Eq, S: BuildHasher }
        read { K: Deserialize<'de> + Hash + Eq + Clone, V: Deserialize<'de> + Clone, S: BuildHasher + Clone + Default }
    Set<T, S>:
        write { T: Serialize + Hash + Eq, S: BuildHasher }
        read { T: Deserialize<'de> + Hash + Eq + Clone, S: BuildHasher + Clone + Default }
    OrdMap<K, V>:
        write { K: Serialize + Ord, V: Serialize + Eq }
        read { K: Deserialize<'de> + Ord + Clone, V: Deserialize<'de> + Clone }
    OrdSet<T>:
        write { T: Serialize + Ord }
        read { T: Deserialize<'de> + Ord + Clone }
    Vector<T>:
        write { T: Serialize }
        read { T: Deserialize<'de> + Clone }
}
