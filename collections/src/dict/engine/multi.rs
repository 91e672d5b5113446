//! Several bins at once, for transactions.
//!
//! # Protocol
//!
//! 1. Look up the bin of each hash; lock these bins in the order of their numbers.
//! 2. Look whether each hash is still in its bin; if the table has split or merged one in between, unlock all and begin again.
//! 3. Look for a snapshot, once, and stamp all bins by that.
//!
//! # Invariants
//!
//! - **M1, no deadlock.** All who hold more than one bin's lock take them in the order of the bins' numbers: a split and a merge
//!   take the parent's first, which is lower. Nobody runs foreign code or waits for anything else meanwhile.
//! - **M2, whole in a snapshot or not at all.** Step 3 comes when all locks are held. If it sees the snapshot, then each bin is
//!   copied before any is changed. If not, then its maker finds each of them locked, or unlocked with all changes made.
//!   What single claims have seen and stamped by themselves was unchanged then, and is stamped again if it has to be.
//!
//! # Progress
//!
//! Blocking, as a single claim is: on the locks' holders, each for a bounded number of instructions. It begins again only after
//! another thread has split or merged a bin.
//!
//! # Checked by
//!
//! `tests/transact.rs`, `tests/loom_transact.rs`.

use smallvec::SmallVec;

use super::{bin::Bin, bits::Hashed, claim::Claim, table::Table};

/// How many are kept without an allocation.
const INLINE: usize = 8;

/// Locked bins, for some hashes. All are unlocked when this is dropped.
pub(crate) struct Claims<'a, B: Bin> {
    /// In the order of their numbers, each once.
    claims: SmallVec<[Claim<'a, B>; INLINE]>,
    /// The bin's number for each hash, in the caller's order.
    bins: SmallVec<[u64; INLINE]>,
}

impl<B: Bin> Table<B> {
    /// Takes the bins of all these hashes. Nothing foreign may run before they are dropped, as with a [`Claim`].
    pub(crate) fn claim_all(&self, hashes: &[Hashed]) -> Claims<'_, B> {
        let mut all = Claims { claims: SmallVec::new(), bins: SmallVec::with_capacity(hashes.len()) };
        let mut order: SmallVec<[u64; INLINE]> = SmallVec::with_capacity(hashes.len());
        loop {
            let hint = self.hint();
            if !hint.has_bins() {
                self.begin();
                continue;
            }
            all.bins.clear();
            all.bins.extend(hashes.iter().map(|&hash| self.route(hint, hash).0));
            order.clone_from(&all.bins);
            order.sort_unstable();
            order.dedup();
            // No allocation with a lock held.
            all.claims.reserve(order.len());
            all.claims.extend(order.iter().map(|&index| Claim::of(self, index, self.bin(index))));
            if all.hold(hashes) {
                all.settle();
                return all;
            }
            all.claims.clear();
        }
    }
}

impl<'a, B: Bin> Claims<'a, B> {
    /// The bin of the hash that the caller named at this place.
    #[inline]
    pub(crate) fn of(&mut self, nth: usize) -> &mut Claim<'a, B> {
        let index = self.bins[nth];
        let place = self.claims.binary_search_by_key(&index, |claim| claim.index).expect("each hash's bin is claimed");
        &mut self.claims[place]
    }

    /// Whether each hash is in its bin.
    fn hold(&mut self, hashes: &[Hashed]) -> bool {
        hashes.iter().enumerate().all(|(nth, &hash)| {
            let claim = self.of(nth);
            claim.table.elsewhere(claim.index, claim.header, hash).is_none()
        })
    }

    /// Makes all bins agree about the snapshot (M2; the last claim has fenced), and known as the ones that hold their hashes.
    fn settle(&mut self) {
        let Some(hint) = self.claims.first().map(|claim| claim.table.hint()) else { return };
        for claim in &mut self.claims {
            claim.heed(hint);
            claim.write_level();
        }
    }
}
