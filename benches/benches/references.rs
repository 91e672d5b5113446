//! Single operations on references, reclamation and counters, for a look while working on them. Claims come from
//! `contention`; these rows run in one process, which some rivals mind.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use polder_bench::references::contests;
use polder_bench::references::effort::{Job, Length};

/// Every workload on one thread, with everyone who does it.
fn alone(criterion: &mut Criterion) {
    for contest in contests::ALL {
        for contender in contest.contenders {
            criterion.bench_function(&format!("{}/{}", contest.workload, contender.name), |bench| {
                bench.iter_custom(|times| {
                    let job = Job { threads: 1, length: Length::Operations(times) };
                    let report = (contender.run)(&job).expect("nothing is lost");
                    let wall = report.samples.iter().find(|sample| sample.metric.name == "operation wall");
                    let each = wall.and_then(|sample| sample.value).expect("one thread has a time per operation");
                    Duration::from_secs_f64(each * times as f64 / 1e9)
                });
            });
        }
    }
}

criterion_group!(references, alone);
criterion_main!(references);
