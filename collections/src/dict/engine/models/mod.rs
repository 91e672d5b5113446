//! Every interleaving of two or three threads at tables of two or three bins, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-collections --release --lib models
//! ```
//!
//! A key is its own hash: bits 32 to 39 are the tag, the low ones choose the bin. Who only reads is a spawned thread: loom
//! goes back no further than to the last access before a write, and the main thread comes first.

mod bins;
mod memory;
mod moves;
mod outside;
mod snapshots;

use std::ptr;

use loom::{model::Builder, sync::Arc, thread};

use super::{Claim, EntryBin, Hashed, Options, Table, WordBin, bin::Bin, table::Item};

/// Explores `body`, with at most so many preemptions, or fewer if the environment says so.
fn model(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.map_or(preemptions, |bound| bound.min(preemptions)));
    builder.max_branches = 20_000;
    builder.check(body);
}

/// A table of words.
type Words = Table<WordBin>;
/// A table of pointers: to nothing, for the engine looks at none; the address is the key.
type Entries = Table<EntryBin>;

/// The key with this tag in the bin of this number.
const fn key(tag: u64, bin: u64) -> u64 {
    tag << 32 | bin
}

/// The hash of a key.
fn spread(key: u64) -> Hashed {
    Hashed::unspread(key)
}

/// A table of so many bins, all made and none of them ever used.
fn table<B: Bin>(bins: u64) -> Arc<Table<B>> {
    Arc::new(Table::new(Options { bins, grows: true, huge_pages: false }))
}

fn spawn<B: Bin, U: 'static>(
    table: &Arc<Table<B>>,
    body: impl FnOnce(&Table<B>) -> U + 'static,
) -> thread::JoinHandle<U> {
    let table = Arc::clone(table);
    thread::spawn(move || body(&table))
}

/// What the models do with either kind of bins.
pub(crate) trait Modelled: Bin {
    fn item(key: u64, value: u64) -> Item<Self>;
    fn key(item: Item<Self>) -> u64;
    fn value(item: Item<Self>) -> u64;
}

impl Modelled for WordBin {
    fn item(key: u64, value: u64) -> (u64, u64) {
        (key, value)
    }

    fn key((key, _): (u64, u64)) -> u64 {
        key
    }

    fn value((_, value): (u64, u64)) -> u64 {
        value
    }
}

impl Modelled for EntryBin {
    fn item(key: u64, _: u64) -> *mut () {
        ptr::without_provenance_mut(key as usize)
    }

    fn key(item: *mut ()) -> u64 {
        item.addr() as u64
    }

    fn value(item: *mut ()) -> u64 {
        Self::key(item)
    }
}

impl<B: Modelled> Table<B> {
    fn get(&self, key: u64) -> Option<u64> {
        self.find(spread(key), |item| {
            assert!(B::key(item) != 0, "an item that nobody has put there");
            B::key(item) == key
        })
        .map(B::value)
    }

    /// Inserts or replaces; the old value.
    fn put(&self, key: u64, value: u64) -> Option<u64> {
        let hash = spread(key);
        let mut claim = self.claim(hash);
        match claim.find(hash, |item| B::key(item) == key) {
            Some((place, old)) => {
                claim.replace(place, B::item(key, value));
                Some(B::value(old))
            }
            None => {
                claim.insert(hash.tag(), B::item(key, value));
                None
            }
        }
    }

    /// Gives a key another value where it was found, if it is there still; whether it was.
    fn put_where_found(&self, key: u64, value: u64) -> bool {
        let found = self.find_place(spread(key), |item| B::key(item) == key);
        let Some((_, Some(found))) = found else { return false };
        let Some((mut claim, place)) = self.claim_found(found) else { return false };
        assert_eq!(B::key(claim.at(place)), key, "another key where this one was found");
        claim.replace(place, B::item(key, value));
        true
    }

    fn take(&self, key: u64) -> Option<u64> {
        let hash = spread(key);
        let mut claim = self.claim_if_present(hash)?;
        let (place, old) = claim.find(hash, |item| B::key(item) == key)?;
        claim.remove(place);
        Some(B::value(old))
    }

    /// Puts as many keys with this tag's successors into a bin as it has slots.
    fn fill(&self, tag: u64, bin: u64) {
        for tag in tag..tag + B::SLOTS as u64 {
            self.put(key(tag, bin), tag);
        }
    }

    /// Adds the next bin; whether it could.
    fn split(&self) -> bool {
        let end = self.end();
        self.add(end, 1, &|item| spread(B::key(item)));
        self.end() > end
    }

    /// Merges the last bin into its parent; whether it could.
    fn merge(&self) -> bool {
        self.shrink(1) == 1
    }

    /// All keys and values at one moment, in the order of the keys.
    fn all(&self) -> Vec<(u64, u64)> {
        let mut all: Vec<_> = self.snapshot().into_iter().map(|item| (B::key(item), B::value(item))).collect();
        all.sort_unstable();
        all
    }
}
