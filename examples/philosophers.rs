//! Dining philosophers: each meal needs two forks, and nobody thinks about the order in which to take them.
//!
//! A meal is a *behaviour*: a closure that runs when both forks are free and its turn has come, on a pool. The philosophers do not
//! wait for each other; the host waits for all of them, and sees from the forks' own regions who used them.
//!
//! Run it with `cargo run --example philosophers`.

use std::sync::Arc;

use polder::sync::when;
use polder::{Ref, Region, RegionMutex};

const SEATS: usize = 5;
const MEALS: usize = 1_000;

/// Who has used a fork: a list in a region of its own.
type Uses = Vec<Ref<'static, usize>>;

fn main() {
    let forks: [Arc<RegionMutex<Uses>>; SEATS] =
        std::array::from_fn(|_| Arc::new(RegionMutex::new(Region::new(|_| Vec::new()))));

    let meals: Vec<_> = (0..SEATS * MEALS)
        .map(|meal| {
            let philosopher = meal % SEATS;
            let (left, right) = (&forks[philosopher], &forks[(philosopher + 1) % SEATS]);
            when((left, right), move |left: &mut Region<Uses>, right: &mut Region<Uses>| {
                for fork in [left, right] {
                    fork.open(|uses, ctx| uses.push(ctx.alloc(philosopher)));
                }
            })
        })
        .collect();
    meals.into_iter().for_each(|meal| meal.wait());

    for (n, fork) in forks.iter().enumerate() {
        let (total, by_owner) =
            fork.lock().read(|uses, view| (uses.len(), uses.iter().filter(|it| view[**it] == n).count()));
        println!("fork {n}: used {total} times, {by_owner} of them by the philosopher to its right");
        assert_eq!((total, by_owner), (2 * MEALS, MEALS));
    }
}
