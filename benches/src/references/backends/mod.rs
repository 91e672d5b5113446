//! The contenders, one file each.

mod arc_swap;
mod arcshift;
mod epoch;
mod haphazard;
mod hazarc;
mod kovan;
mod locks;
mod polder;
mod sdd;
mod seize;

use std::sync::Arc;

use crossbeam_utils::CachePadded;

pub(super) use self::arc_swap::{ArcSwap, ArcSwapCache};
pub(super) use self::arcshift::{ArcShiftHandle, ArcShiftShared};
pub(super) use self::epoch::Epoch;
pub(super) use self::haphazard::Haphazard;
pub(super) use self::hazarc::{Hazarc, HazarcCache};
pub(super) use self::kovan::{Kovan, KovanArc};
pub(super) use self::locks::{ParkingMutex, ParkingRwLock, StdRwLock};
pub(super) use self::polder::Polder;
pub(super) use self::sdd::{SddOwned, SddShared};
pub(super) use self::seize::Seize;

/// A cell that threads share, on cache lines of its own.
type Shared<C> = Arc<CachePadded<C>>;

/// So many ways to one cell.
fn shared<C>(cell: C, count: usize) -> Vec<Shared<C>> {
    let cell = Arc::new(CachePadded::new(cell));
    vec![cell; count]
}
