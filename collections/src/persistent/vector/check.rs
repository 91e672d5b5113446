//! Whether a vector is as its header says.

use super::{
    Vector,
    config::{FAN, FAN_MIN, LEAF, LEAF_MIN},
    tree::{Branch, Kids},
};

impl<T> Vector<T> {
    /// Panics unless all invariants hold.
    pub(super) fn check(&self) {
        for buffer in [&self.head, &self.tail].into_iter().flatten() {
            assert!((1..=LEAF).contains(&buffer.len()), "I1: a buffer of {}", buffer.len());
        }
        assert_eq!(self.start, self.head.as_ref().map_or(0, |head| head.len()), "I2");
        assert_eq!(self.end, self.start + self.tree.len(), "I2");
        if let Some(root) = self.tree.root() {
            check(root, true, true);
            if let Kids::Branches(kids) = root.kids() {
                let grandchildren: usize = kids.iter().map(|kid| width(kid)).sum();
                assert!(
                    kids.len() > 2 || kids.len() == 2 && grandchildren > FAN,
                    "tree I4: {} {grandchildren}",
                    kids.len()
                );
            }
            // Of `n` leaves: the header of the tree says why.
            let most = 1 + (self.tree.len() / LEAF_MIN).ilog(FAN_MIN) as usize;
            assert!(usize::from(root.level()) <= most, "{} levels for {} elements", root.level(), self.tree.len());
        }
    }

    /// How high the tree is.
    pub(super) fn levels(&self) -> usize {
        self.tree.root().map_or(0, |root| usize::from(root.level()))
    }

    /// How many nodes have a table.
    pub(super) fn tables(&self) -> usize {
        self.tree.root().map_or(0, |root| tables(root))
    }
}

fn width<T>(branch: &Branch<T>) -> usize {
    match branch.kids() {
        Kids::Leaves(leaves) => leaves.len(),
        Kids::Branches(branches) => branches.len(),
    }
}

fn tables<T>(branch: &Branch<T>) -> usize {
    let below = match branch.kids() {
        Kids::Leaves(_) => 0,
        Kids::Branches(branches) => branches.iter().map(|kid| tables(kid)).sum(),
    };
    below + usize::from(branch.told_ends().0.is_some())
}

fn check<T>(branch: &Branch<T>, first: bool, last: bool) {
    let width = width(branch);
    let least = if first || last { 1 } else { FAN_MIN };
    assert!((least..=FAN).contains(&width), "tree I2: a branch of {width}");
    let lens: Vec<usize> = match branch.kids() {
        Kids::Leaves(leaves) => {
            assert_eq!(branch.level(), 1, "tree I1");
            for leaf in leaves {
                assert!((LEAF_MIN..=LEAF).contains(&leaf.len()), "tree I2: a leaf of {}", leaf.len());
            }
            leaves.iter().map(|leaf| leaf.len()).collect()
        }
        Kids::Branches(kids) => {
            for (place, kid) in kids.iter().enumerate() {
                assert_eq!(kid.level() + 1, branch.level(), "tree I1");
                check(kid, first && place == 0, last && place + 1 == kids.len());
            }
            kids.iter().map(|kid| kid.len()).collect()
        }
    };
    assert_eq!(branch.len(), lens.iter().sum::<usize>(), "tree I3");
    let (table, dense) = branch.told_ends();
    assert_eq!(table.is_none(), dense, "tree I3");
    if let Some(table) = table {
        let mut end = 0;
        let ends: Vec<usize> = lens
            .iter()
            .map(|len| {
                end += len;
                end
            })
            .collect();
        assert_eq!(table, ends, "tree I3");
    } else if let Some((_, others)) = lens.split_last() {
        let full = LEAF * FAN.pow(u32::from(branch.level()) - 1);
        assert!(others.iter().all(|&len| len == full), "tree I3: {lens:?}");
    }
}
