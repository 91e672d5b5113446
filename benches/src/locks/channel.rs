//! Values that go from several threads to one through a queue with a limit.
//!
//! Each sender numbers its values; the receiver must get those of each in order, and all of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use super::plain;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const PASSED: Metric = Metric::higher("passed", "Mvalues/s");
const CPU: Metric = Metric::lower("CPU per value", "ns");

/// Room in the queue.
const ROOM: usize = 64;

/// What is sent.
#[derive(Clone, Copy, Debug)]
struct Value {
    from: usize,
    number: u64,
}

/// A queue with many ends to fill it and one to empty it.
trait Channel: 'static {
    type Sender: Clone + Send;
    type Receiver: Send;

    fn bounded(room: usize) -> (Self::Sender, Self::Receiver);
    /// Waits for room.
    fn send(sender: &Self::Sender, value: Value);
    /// Waits for a value; `None` when there are none and no senders.
    fn recv(receiver: &Self::Receiver) -> Option<Value>;
}

macro_rules! channels {
    ($($name:ident $bounded:expr, $sender:ty, $receiver:ty, $send:expr, $recv:expr;)+) => {$(
        struct $name;

        impl Channel for $name {
            type Sender = $sender;
            type Receiver = $receiver;

            fn bounded(room: usize) -> ($sender, $receiver) {
                $bounded(room)
            }

            #[inline]
            fn send(sender: &$sender, value: Value) {
                $send(sender.send(value));
            }

            #[inline]
            fn recv(receiver: &$receiver) -> Option<Value> {
                $recv(receiver.recv())
            }
        }
    )+};
}

channels! {
    Polder polder_sync::channel::bounded, polder_sync::channel::Sender<Value>, polder_sync::channel::Receiver<Value>,
        sent, Result::ok;
    Std mpsc::sync_channel, mpsc::SyncSender<Value>, mpsc::Receiver<Value>, sent, Result::ok;
    Crossbeam crossbeam_channel::bounded, crossbeam_channel::Sender<Value>, crossbeam_channel::Receiver<Value>,
        sent, Result::ok;
    Plain plain::bounded, plain::Sender<Value>, plain::Receiver<Value>, |()| (), |value| value;
}

#[inline]
fn sent<E: std::fmt::Debug>(sent: Result<(), E>) {
    sent.expect("the receiver stays to the end");
}

pub(super) fn group(threads: usize) -> Group {
    Group {
        family: "locks",
        workload: "channel",
        about: "All threads but one send numbers to that one, through a queue with room for 64, with nothing else to \
                do; all must arrive, those of each sender in order. The rate is by wall time over the whole run, to the \
                last value. crossbeam is the queue that polder's channel is built on; plain-lock is a VecDeque, a Mutex \
                and two Condvars.",
        size: 0,
        key: String::new(),
        threads,
        weight: 0.25,
        backends: vec![
            rival::<Polder>("polder-channel", threads),
            rival::<Std>("std-sync-channel", threads),
            rival::<Crossbeam>("crossbeam", threads),
            rival::<Plain>("plain-lock", threads),
        ],
    }
}

fn rival<C: Channel>(name: &'static str, threads: usize) -> Backend {
    Backend::new(name, move |budget| run::<C>(threads, budget))
}

/// What a thread is.
enum Role<C: Channel> {
    Sends(usize, C::Sender),
    Receives(C::Receiver),
}

/// What a thread has done: how many values of each sender, and how many of them out of order.
struct Done {
    sender: bool,
    values: Vec<u64>,
    wrong: u64,
}

fn run<C: Channel>(threads: usize, budget: &Budget) -> Outcome {
    let senders = threads - 1;
    let (sender, receiver) = C::bounded(ROOM);
    let mut roles = vec![Role::<C>::Receives(receiver)];
    roles.extend((0..senders).map(|from| Role::Sends(from, sender.clone())));
    drop(sender);
    let roles = Mutex::new(roles);
    let stop = AtomicBool::new(false);
    let member = |role: Role<C>| {
        let mut values = vec![0; senders];
        let mut wrong = 0;
        match role {
            Role::Sends(from, sender) => {
                // Relaxed: only when it is seen matters.
                while !stop.load(Ordering::Relaxed) {
                    C::send(&sender, Value { from, number: values[from] });
                    values[from] += 1;
                }
                Done { sender: true, values, wrong }
            }
            Role::Receives(receiver) => {
                while let Some(Value { from, number }) = C::recv(&receiver) {
                    wrong += u64::from(number != values[from]);
                    values[from] += 1;
                }
                Done { sender: false, values, wrong }
            }
        }
    };
    let take = |_| roles.lock().expect("nothing panics under it").pop().expect("a role for each thread");
    let meanwhile = || {
        thread::sleep(budget.slice);
        stop.store(true, Ordering::Relaxed);
    };
    let (all, took) = team::together(threads, take, member, meanwhile);
    let total = |sender: bool| {
        let done = all.iter().filter(|done| done.sender == sender);
        done.fold((vec![0; senders], 0), |(values, wrong), done| {
            (values.iter().zip(&done.values).map(|(one, other)| one + other).collect(), wrong + done.wrong)
        })
    };
    let (sent, received): ((Vec<u64>, u64), _) = (total(true), total(false));
    if sent != received {
        return Err(format!("sent by each {sent:?}, received of each {:?}, {} out of order", received.0, received.1));
    }
    let mut report = Report::new(0);
    let passed: u64 = sent.0.iter().sum();
    report.push(PASSED, passed as f64 / took.wall.as_secs_f64() / 1e6);
    report.push(CPU, took.cpu_ns_per(passed));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// It loses a value now and then.
    struct Leaky;

    impl Channel for Leaky {
        type Sender = plain::Sender<Value>;
        type Receiver = plain::Receiver<Value>;

        fn bounded(room: usize) -> (Self::Sender, Self::Receiver) {
            plain::bounded(room)
        }

        fn send(sender: &Self::Sender, value: Value) {
            if value.number % 7 != 6 {
                sender.send(value);
            }
        }

        fn recv(receiver: &Self::Receiver) -> Option<Value> {
            receiver.recv()
        }
    }

    #[test]
    fn what_loses_values_is_found_out() {
        let budget = Budget { slice: Duration::from_millis(10), round: 1 };
        assert!((0..100).any(|_| run::<Leaky>(3, &budget).is_err()));
        assert!(run::<Plain>(3, &budget).is_ok());
    }
}
