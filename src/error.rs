//! Public errors, one type for each operation that can refuse.

use core::fmt;

use crate::{Rebrand, Region};

/// Two of the references given to [`Ctx::get_disjoint_mut`](crate::Ctx::get_disjoint_mut) point to the same node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateRef {
    /// Position of the first of the two.
    pub first: usize,
    /// Position of the second.
    pub second: usize,
}

impl fmt::Display for DuplicateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "references {} and {} point to the same node", self.first, self.second)
    }
}

impl core::error::Error for DuplicateRef {}

/// [`Region::split`](crate::Region::split) found nodes that both roots reach. The region is whole, and in here.
pub struct SplitError<A: Rebrand, B: Rebrand> {
    pub(crate) region: Region<(A, B)>,
    pub(crate) shared: usize,
    pub(crate) node_type: &'static str,
}

// Stated where the compiler would derive the same, because rustdoc (1.95) fails on deriving a bound over all brands.

// SAFETY: the error owns its region.
unsafe impl<A: Rebrand, B: Rebrand> Send for SplitError<A, B> where for<'r> (A::At<'r>, B::At<'r>): Send {}
// SAFETY: a shared error gives nothing of its region.
unsafe impl<A: Rebrand, B: Rebrand> Sync for SplitError<A, B> where for<'r> (A::At<'r>, B::At<'r>): Sync {}

impl<A: Rebrand, B: Rebrand> SplitError<A, B> {
    /// The region, compacted, with everything that either root reaches.
    #[must_use = "the region is dropped otherwise"]
    pub fn into_region(self) -> Region<(A, B)> {
        self.region
    }

    /// Number of references by which the second root's part reaches into the first root's part.
    pub fn shared_refs(&self) -> usize {
        self.shared
    }

    /// Type of the node behind the first such reference.
    pub fn node_type(&self) -> &'static str {
        self.node_type
    }
}

impl<A: Rebrand, B: Rebrand> fmt::Debug for SplitError<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SplitError").field("shared_refs", &self.shared).field("node_type", &self.node_type).finish()
    }
}

impl<A: Rebrand, B: Rebrand> fmt::Display for SplitError<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot split the region: the second root reaches a `{}` that the first root reaches too ({} such references); \
             cut them, or keep one region",
            self.node_type, self.shared
        )
    }
}

impl<A: Rebrand, B: Rebrand> core::error::Error for SplitError<A, B> {}
