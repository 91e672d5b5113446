//! A region is frozen whose root must be dropped on the thread that made it.
//@ error: E0277

use polder::{Rebrand, Region};
use std::sync::{Mutex, MutexGuard};

static LOCK: Mutex<u64> = Mutex::new(1);

#[cfg(feature = "crime")]
type Held = MutexGuard<'static, u64>;
#[cfg(not(feature = "crime"))]
type Held = &'static Mutex<u64>;

#[derive(Rebrand)]
struct Root {
    held: Held,
}

fn main() {
    #[cfg(feature = "crime")]
    let region: Region<Root> = Region::new(|_| Root { held: LOCK.lock().unwrap() });
    #[cfg(not(feature = "crime"))]
    let region: Region<Root> = Region::new(|_| Root { held: &LOCK });
    let _frozen = region.freeze();
}
