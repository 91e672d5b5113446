//! Vectors: what is kept, and what is new.

use alloc::{collections::BTreeMap, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Invalid, Read, Write};
use crate::persistent::Vector;

/// Elements of the vector that another is made of, from one index up to another, and new ones behind them.
#[derive(Serialize, Deserialize)]
pub(super) struct Piece<T>((usize, usize), Vec<T>);

impl<T: Serialize> Write for Vector<T> {
    type Change<'a>
        = Vec<Piece<&'a T>>
    where
        Self: 'a;

    fn whole(&self) -> Self::Change<'_> {
        [Piece((0, 0), self.iter().collect())].into()
    }

    /// Leaves are known by where they are in memory: both vectors are there, so no two have one place.
    fn change<'a>(&'a self, from: &'a Self) -> Option<Self::Change<'a>> {
        let mut starts: BTreeMap<(*const T, usize), Vec<usize>> = BTreeMap::new();
        let mut start = 0;
        for leaf in from.chunks() {
            starts.entry((leaf.as_ptr(), leaf.len())).or_default().push(start);
            start += leaf.len();
        }
        let mut pieces = Vec::from([Piece((0, 0), Vec::new())]);
        let mut kept = 0;
        for leaf in self.chunks() {
            let Some(Piece((_, end), new)) = pieces.last_mut() else { break };
            // A leaf may be there several times. What is kept stays in order.
            let found = starts.get(&(leaf.as_ptr(), leaf.len())).and_then(|starts| {
                let index = starts.partition_point(|start| start < end);
                starts.get(index)
            });
            match found {
                None => {
                    new.extend(leaf);
                    continue;
                }
                Some(start) if start == end && new.is_empty() => *end += leaf.len(),
                Some(&start) => pieces.push(Piece((start, start + leaf.len()), Vec::new())),
            }
            kept += leaf.len();
        }
        (kept > 0 || self.is_empty()).then_some(pieces)
    }
}

impl<T: Clone> Read for Vector<T> {
    type Change = Vec<Piece<T>>;

    fn changed(self, pieces: Self::Change) -> Result<Self, Invalid> {
        let (mut made, mut last) = (Self::new(), 0);
        for Piece((start, end), new) in pieces {
            if !(last..=end).contains(&start) || end > self.len() {
                return Err(Invalid::Range);
            }
            // Where nothing is kept, nothing is to be cloned for it either: such pieces cost the input hardly anything.
            if start < end {
                made.append_mut(&self.slice(start..end));
            }
            made.extend(new);
            last = end;
        }
        Ok(made)
    }
}
