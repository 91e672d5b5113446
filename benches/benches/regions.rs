//! Single operations on regions, for a look while working on them. Claims come from `contention`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use polder::{Rebrand, Ref, Region, Relocate};

#[derive(Rebrand, Relocate)]
struct Node<'r> {
    value: u64,
    next: Option<Ref<'r, Node<'r>>>,
}

type List = Region<Option<Ref<'static, Node<'static>>>>;

/// A list of `count` nodes, the last one first.
fn list(count: u64) -> List {
    Region::new(|ctx| {
        let mut head = None;
        for value in 0..count {
            head = Some(ctx.alloc(Node { value, next: head }));
        }
        head
    })
}

fn whole(criterion: &mut Criterion) {
    criterion.bench_function("region/new and drop", |bench| bench.iter(|| Region::<u64>::new(|_| black_box(0))));
    criterion.bench_function("region/4 nodes, build and drop", |bench| bench.iter(|| list(black_box(4))));
    let mut list_of_ten = list(10);
    criterion.bench_function("region/open and write", |bench| {
        bench.iter(|| {
            black_box(&mut list_of_ten).open(|head, ctx| {
                if let Some(head) = *head {
                    ctx[head].value += 1;
                }
            });
        });
    });
    // One region for many nodes: what counts is the node and its part of a chunk.
    criterion.bench_function("region/alloc 1000 nodes", |bench| bench.iter(|| list(black_box(1000))));
    for count in [10, 100_000] {
        criterion.bench_function(&format!("region/freeze {count} nodes"), |bench| {
            bench.iter_batched(|| list(count), Region::freeze, BatchSize::LargeInput);
        });
    }
    criterion.bench_function("region/compact 1000 nodes, half live", |bench| {
        let half = || {
            let mut half = list(2000);
            half.open(|head, ctx| {
                let mut at = *head;
                while let Some(node) = at {
                    let after = ctx[node].next.and_then(|gone| ctx[gone].next);
                    ctx[node].next = after;
                    at = after;
                }
            });
            half
        };
        bench.iter_batched(half, Region::compact, BatchSize::LargeInput);
    });
}

criterion_group!(regions, whole);
criterion_main!(regions);
