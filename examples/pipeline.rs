//! A pipeline: regions flow through channels between stages, each of which owns them while it works.
//!
//! Parse → link → total. No stage copies, locks or counts; each hands the whole graph on by moving one word.
//!
//! Run it with `cargo run --example pipeline`.

use std::collections::HashMap;
use std::thread;

use polder::sync::channel;
use polder::{Rebrand, Ref, Region};

/// One line of an order: `name price [part of NAME]`.
#[derive(Rebrand)]
struct Item<'r> {
    name: Ref<'r, str>,
    price: u64,
    part_of: Option<Ref<'r, str>>,
    /// Filled by the second stage.
    parts: Vec<Ref<'r, Item<'r>>>,
}

#[derive(Rebrand)]
struct Order<'r> {
    number: usize,
    items: Vec<Ref<'r, Item<'r>>>,
}

type OrderRegion = Region<Order<'static>>;

fn parse(number: usize, text: &str) -> OrderRegion {
    Region::new(|ctx| {
        let items = text
            .lines()
            .map(|line| {
                let mut words = line.split_whitespace();
                let name = ctx.alloc_str(words.next().unwrap_or("?"));
                let price = words.next().and_then(|price| price.parse().ok()).unwrap_or(0);
                let part_of = words.next().map(|name| ctx.alloc_str(name));
                ctx.alloc(Item { name, price, part_of, parts: Vec::new() })
            })
            .collect();
        Order { number, items }
    })
}

/// Turns names into references.
fn link(mut order: OrderRegion) -> OrderRegion {
    order.open(|order, ctx| {
        let by_name: HashMap<String, _> =
            order.items.iter().map(|item| (ctx[ctx[*item].name].to_owned(), *item)).collect();
        for item in &order.items {
            let whole = ctx[*item].part_of.and_then(|name| by_name.get(&ctx[name]).copied());
            if let Some(whole) = whole {
                ctx[whole].parts.push(*item);
            }
        }
    });
    order
}

/// Price of the items that are not part of another, with their parts.
fn total(order: &OrderRegion) -> (usize, u64) {
    order.read(|order, view| {
        let mut todo: Vec<_> = order.items.iter().copied().filter(|item| view[*item].part_of.is_none()).collect();
        let mut sum = 0;
        while let Some(item) = todo.pop() {
            sum += view[item].price;
            todo.extend(&view[item].parts);
        }
        (order.number, sum)
    })
}

fn main() {
    let orders = ["bike 500\nbell 10 bike\nlamp 30 bike", "boat 9000\nsail 700 boat", "stamp 1"];
    let (to_link, from_parse) = channel::bounded(4);
    let (to_total, from_link) = channel::bounded(4);

    let totals = thread::scope(|scope| {
        scope.spawn(move || {
            for (number, text) in orders.iter().enumerate() {
                to_link.send(parse(number, text)).expect("the next stage runs");
            }
        });
        scope.spawn(move || {
            for order in from_parse {
                to_total.send(link(order)).expect("the next stage runs");
            }
        });
        scope
            .spawn(move || from_link.iter().map(|order| total(&order)).collect::<Vec<_>>())
            .join()
            .expect("it only sums")
    });

    for (number, sum) in &totals {
        println!("order {number}: {sum}");
    }
    assert_eq!(totals, [(0, 540), (1, 9700), (2, 1)]);
}
