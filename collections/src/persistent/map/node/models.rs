//! Every interleaving of versions that are looked at, dropped and changed by two threads.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-collections --release --lib models
//! ```

use core::hash::{BuildHasher, Hasher};

use loom::{cell::UnsafeCell, model, thread};

use super::{super::Map, Item, Kind, Link, Run};

/// A value whose looks and changes loom watches; it is looked at when it is cloned, and changes when it is dropped. It has an allocation of its own,
/// whose count stays one while versions share the leaf: so the leaf's count alone orders them.
struct Watched(UnsafeCell<u32>);

// SAFETY: loom panics where two accesses are not ordered and one of them is a change.
unsafe impl Sync for Watched {}

impl Watched {
    fn look(&self) -> u32 {
        // SAFETY: as for `Sync`.
        self.0.with(|number| unsafe { *number })
    }

    fn change(&mut self) {
        // SAFETY: as for `Sync`.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }
}

impl Clone for Watched {
    fn clone(&self) -> Self {
        Self(UnsafeCell::new(self.look()))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.change();
    }
}

/// Numbers are their own hashes.
#[derive(Clone, Default)]
struct Plain(u64);

impl BuildHasher for Plain {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("numbers only");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

fn map() -> Map<u64, Watched, Plain> {
    let mut map = Map::with_hasher(Plain::default());
    map.insert_mut(1, Watched(UnsafeCell::new(0)));
    map
}

fn look(map: &Map<u64, Watched, Plain>) {
    assert_eq!(map.get(&1).map(Watched::look), Some(0));
}

#[test]
fn the_last_version_frees_after_all_looks() {
    model(|| {
        let mine = map();
        let other = mine.clone();
        let looker = thread::spawn(move || look(&other));
        look(&mine);
        drop(mine);
        looker.join().unwrap();
    });
}

#[test]
fn who_is_alone_changes_after_all_looks() {
    model(|| {
        let mine = map();
        let mut other = mine.clone();
        // The one who asks comes second: loom goes back only to the last access before a change of the count.
        let changer = thread::spawn(move || other.get_mut(&1).map(Watched::change));
        look(&mine);
        drop(mine);
        assert!(changer.join().unwrap().is_some());
    });
}

#[test]
fn a_version_keeps_what_another_removes() {
    model(|| {
        let mine = map();
        let mut other = mine.clone();
        let changer = thread::spawn(move || {
            let further = other.clone();
            drop(other.remove_mut(&1));
            look(&further);
        });
        look(&mine);
        drop(mine);
        changer.join().unwrap();
    });
}

/// A branch of two leaves of one entry each, all of it a unit.
fn unit() -> Link<u64, Watched> {
    let mut link = Link::branch(1, 2);
    for slot in 0..2 {
        let mut leaf = Link::leaf(1);
        let item = Item::new(slot, slot, Watched(UnsafeCell::new(0)));
        assert!(leaf.leaf_mut().unwrap().push(1, item).is_ok());
        link.own_branch().unwrap().put(Run { start: slot as usize, length: 1 }, leaf);
    }
    link.become_unit();
    link
}

fn look_into(link: &Link<u64, Watched>) {
    let Kind::Branch(branch) = link.kind() else { panic!("a branch") };
    let Kind::Leaf(leaf) = branch.link(0).kind() else { panic!("a leaf") };
    assert_eq!(leaf.pair(0).1.look(), 0);
}

#[test]
fn the_last_link_into_a_unit_frees_it_after_all_looks() {
    model(|| {
        let mine = unit();
        let other = mine.clone();
        let looker = thread::spawn(move || {
            let further = other.clone();
            drop(other);
            look_into(&further);
        });
        look_into(&mine);
        drop(mine);
        looker.join().unwrap();
    });
}

#[test]
fn a_copied_path_keeps_the_unit() {
    model(|| {
        let mine = unit();
        let mut other = mine.clone();
        let changer = thread::spawn(move || {
            // The copy counts for both leaves at once, and gives them up at once.
            other.own_branch().unwrap().set_len(1);
            look_into(&other);
        });
        look_into(&mine);
        drop(mine);
        changer.join().unwrap();
    });
}
