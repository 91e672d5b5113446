//! imbl, with the pointers of triomphe: maps by hash and by order, vectors.

use imbl::shared_ptr::ArcTK;

use super::super::key::Key;
use super::super::kinds::{Cut, Fronted, Hasher, Lookup, Map, Persistent, Sequence, by_lookup, sum, total};
use super::im::{like_im, vector_like_im};

pub(in crate::persistent) type ImblHash<K> = imbl::GenericHashMap<K, u64, Hasher, ArcTK>;
pub(in crate::persistent) type ImblOrd<K> = imbl::GenericOrdMap<K, u64, ArcTK>;
pub(in crate::persistent) type ImblVector = imbl::GenericVector<u64, ArcTK>;

like_im!(ImblHash<K>, Self::with_hasher(Hasher::default()), |older: &Self, newer: &Self| {
    by_lookup([older, newer], older.iter(), newer.iter())
});
like_im!(ImblOrd<K>, Self::new(), |older: &Self, newer: &Self| older.diff(newer).count() as u64);
vector_like_im!(ImblVector);
