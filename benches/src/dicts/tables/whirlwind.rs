//! whirlwind: shards behind locks, made for asynchronous programs. Its futures are ready when the lock is free; where
//! it is not, they are polled again after the core was offered to others, as a runtime with nothing else to do would.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use ::whirlwind::ShardMap;

use super::super::key::Key;
use super::super::table::{Hasher, Seat, Table, hasher};

/// As it comes. It cannot be walked.
pub(in crate::dicts) struct Whirlwind<K>(ShardMap<K, u64, Hasher>);

pub(in crate::dicts) struct WhirlwindSeat<'a, K>(&'a ShardMap<K, u64, Hasher>);

impl<K: Key> Table<K> for Whirlwind<K> {
    type Seat<'a> = WhirlwindSeat<'a, K>;

    fn new(capacity: usize) -> Self {
        Self(ShardMap::with_capacity_and_hasher(capacity, hasher()))
    }

    fn seat(&self) -> WhirlwindSeat<'_, K> {
        WhirlwindSeat(&self.0)
    }

    fn len(&self) -> usize {
        wait(self.0.len())
    }
}

impl<K: Key> Seat<K> for WhirlwindSeat<'_, K> {
    #[inline]
    fn get(&mut self, key: &K) -> Option<u64> {
        wait(self.0.get(key)).map(|value| *value.value())
    }

    #[inline]
    fn insert(&mut self, key: K, value: u64) -> Option<u64> {
        wait(self.0.insert(key, value))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Option<u64> {
        wait(self.0.remove(key))
    }

    #[inline]
    fn update(&mut self, key: &K, change: impl Fn(u64) -> u64) -> bool {
        let Some(mut value) = wait(self.0.get_mut(key)) else { return false };
        *value.value_mut() = change(*value.value());
        true
    }
}

/// The result of a future that nothing else has to make progress for.
#[inline]
fn wait<U>(future: impl Future<Output = U>) -> U {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn a_future_is_polled_until_it_is_ready() {
        let mut left = 3;
        let future = poll_fn(|_| {
            left -= 1;
            if left > 0 { Poll::Pending } else { Poll::Ready(7) }
        });
        assert_eq!(wait(future), 7);
        assert_eq!(left, 0);
    }
}
