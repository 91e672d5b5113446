//! A directed graph with cycles: breadth-first search by several threads at once over a frozen graph.
//!
//! Run it with `cargo run --example graph`.

use std::collections::{HashMap, VecDeque};
use std::thread;

use polder::{Frozen, Rebrand, Ref, Region, View};

/// A page and the pages it links to.
#[derive(Rebrand)]
struct Page<'r> {
    name: Ref<'r, str>,
    links: Vec<Ref<'r, Page<'r>>>,
}

#[derive(Rebrand)]
struct Site<'r> {
    pages: HashMap<String, Ref<'r, Page<'r>>>,
}

/// Builds the graph from a list of edges. Pages are made on first mention.
fn build(edges: &[(&str, &str)]) -> Region<Site<'static>> {
    Region::new(|ctx| {
        let mut pages = HashMap::new();
        for (from, to) in edges {
            let [from, to] = [*from, *to].map(|name| {
                *pages
                    .entry(name.to_owned())
                    .or_insert_with(|| ctx.alloc(Page { name: ctx.alloc_str(name), links: Vec::new() }))
            });
            ctx[from].links.push(to);
        }
        Site { pages }
    })
}

/// Clicks from one page to every page it reaches.
fn distances<'r>(start: Ref<'r, Page<'r>>, view: View<'_, 'r>) -> HashMap<Ref<'r, Page<'r>>, usize> {
    // A `Ref` is compared and hashed by node, so it is a fine key.
    let mut clicks = HashMap::from([(start, 0)]);
    let mut todo = VecDeque::from([start]);
    while let Some(page) = todo.pop_front() {
        let next = clicks[&page] + 1;
        for link in &view[page].links {
            clicks.entry(*link).or_insert_with(|| {
                todo.push_back(*link);
                next
            });
        }
    }
    clicks
}

fn farthest(site: &Frozen<Site<'static>>, start: &str) -> (String, usize) {
    site.read(|site, view| {
        let clicks = distances(site.pages[start], view);
        let (page, clicks) = clicks
            .into_iter()
            .max_by_key(|(page, clicks)| (*clicks, view[view[*page].name].to_owned()))
            .expect("the start is there");
        (view[view[page].name].to_owned(), clicks)
    })
}

fn main() {
    let site = build(&[
        ("home", "news"),
        ("home", "shop"),
        ("news", "archive"),
        ("archive", "home"),
        ("shop", "cart"),
        ("cart", "shop"),
        ("cart", "checkout"),
        ("checkout", "thanks"),
        ("thanks", "home"),
    ])
    .freeze();

    thread::scope(|scope| {
        let searches = ["home", "archive", "thanks"].map(|start| {
            let site = &site;
            (start, scope.spawn(move || farthest(site, start)))
        });
        for (start, search) in searches {
            let (page, clicks) = search.join().expect("a search only reads");
            println!("farthest from {start}: {page}, {clicks} clicks");
        }
    });
    assert_eq!(farthest(&site, "home"), ("thanks".to_owned(), 4));
}
