//! Runs a body under many schedules of shuttle.

use std::{env, sync::Arc};

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler},
    thread,
};

/// Schedules of each kind for each test, unless `POLDER_SHUTTLE_ITERATIONS` says otherwise.
const ITERATIONS: usize = 6000;

/// Priority changes in a schedule of the second kind, and one: bugs of this depth are found with a known probability.
const DEPTH: usize = 3;

/// Runs `body` as the first thread of a model, again and again: half of the schedules are random at each step; the other half
/// run the threads by random priorities, which change at few random steps. With a failing schedule, as shuttle prints it, in
/// `POLDER_SHUTTLE_REPLAY`, only that.
pub(crate) fn explore(body: impl Fn() + Send + Sync + 'static) {
    let body = Arc::new(move || {
        body();
        polder_sync::leave();
    });
    if let Ok(schedule) = env::var("POLDER_SHUTTLE_REPLAY") {
        return run(ReplayScheduler::new_from_encoded(&schedule), &body);
    }
    let iterations = env::var("POLDER_SHUTTLE_ITERATIONS").map_or(ITERATIONS, |n| n.parse().expect("a number"));
    run(RandomScheduler::new(iterations), &body);
    run(PctScheduler::new(DEPTH, iterations), &body);
}

fn run(scheduler: impl Scheduler + 'static, body: &Arc<impl Fn() + Send + Sync + 'static>) {
    let body = Arc::clone(body);
    let mut config = Config::new();
    // That it takes every ordering for SeqCst is known, and that statics are dropped is wanted.
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(move || body());
}

/// Runs `body` on a new thread of the model, with its own handle of `scene`.
pub(crate) fn spawn<S: Send + Sync + 'static, U: Send + 'static>(
    scene: &Arc<S>,
    body: impl FnOnce(&S) -> U + Send + 'static,
) -> thread::JoinHandle<U> {
    let scene = Arc::clone(scene);
    thread::spawn(move || {
        let result = body(&scene);
        // Before the thread's handle of the scene ends, which may be the last.
        polder_sync::leave();
        result
    })
}

/// Waits for all of them; what they returned.
pub(crate) fn join<U>(threads: Vec<thread::JoinHandle<U>>) -> Vec<U> {
    threads.into_iter().map(|thread| thread.join().expect("a panic ends the whole model")).collect()
}
