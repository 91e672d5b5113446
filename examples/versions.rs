//! Versions: a frozen region with a persistent map in it, which readers look into while others work on versions of their own.
//!
//! A stock of goods is a region: nodes for the goods, a map to them by name, and prices as a value. Frozen, it is read by plain
//! references. A price list that is taken out of it is a version: whoever changes one changes none but his own, and two versions
//! are compared and joined at the cost of what differs.
//!
//! Run it with `cargo run --example versions`.

use std::thread;

use polder::collections::persistent::{Change, Keep, Map};
use polder::{Frozen, Rebrand, Ref, Region};

/// Something in stock, and what is bought with it.
#[derive(Rebrand)]
struct Good<'r> {
    name: String,
    beside: Option<Ref<'r, Good<'r>>>,
}

#[derive(Rebrand)]
struct Stock<'r> {
    /// Values are references within the region.
    by_name: Map<String, Ref<'r, Good<'r>>>,
    prices: Map<String, u64>,
}

fn stock(goods: usize) -> Frozen<Stock<'static>> {
    Region::new(|ctx| {
        let mut by_name: Map<String, Ref<'_, Good<'_>>> = Map::new();
        let mut beside = None;
        for number in 0..goods {
            let name = format!("good {number}");
            let good = ctx.alloc(Good { name: name.clone(), beside });
            by_name.insert_mut(name, good);
            beside = Some(good);
        }
        let mut prices: Map<String, u64> = by_name.keys().map(|name| (name.clone(), 10 * name.len() as u64)).collect();
        // What many versions are going to be made from is best in one piece.
        prices.compact_mut();
        Stock { by_name, prices }
    })
    .freeze()
}

fn main() {
    const GOODS: usize = 10_000;

    let stock = stock(GOODS);
    let offers: Vec<Map<String, u64>> = thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|reader| {
                let stock = &stock;
                scope.spawn(move || {
                    stock.read(|stock, view| {
                        // No count, no lock: references into the map, and from there into the region.
                        let good = stock.by_name[&format!("good {}", GOODS / 2 + reader)];
                        let beside = view[good].beside.expect("the first good alone has none");
                        // A version of the reader's own: the clone is one count.
                        let mut prices = stock.prices.clone();
                        prices.insert_mut(view[beside].name.clone(), 5);
                        assert_eq!(stock.prices[&view[beside].name], 90, "that of the stock is what it was");
                        prices
                    })
                })
            })
            .collect();
        readers.into_iter().map(|reader| reader.join().expect("a reader does not panic")).collect()
    });

    // The versions outlive the region, and its prices are not copied for that.
    let base = stock.read(|stock, _| stock.prices.clone());
    drop(stock);
    let best = offers.iter().fold(base.clone(), |best, offer| {
        best.merge_with(offer, Keep, Keep, |_, price, other| Some(*price.min(other)))
    });
    for change in base.diff(&best) {
        if let Change::Changed { key, old, new } = change {
            println!("{key}: {old}, now {new}");
        }
    }
    assert_eq!(base.diff(&best).count(), offers.len());

    let footprint = best.footprint();
    println!("{} prices take {} bytes and keep {}", best.len(), footprint.used, footprint.kept);
    let own = best.compact();
    drop((base, best, offers));
    println!("in a piece of its own: {} bytes", own.footprint().kept);
}
