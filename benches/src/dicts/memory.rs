//! Memory that the process really has, through a dictionary's life.
//!
//! Counted by the kernel, in pages that are resident, because not everyone asks an allocator for memory. The dictionary
//! grows to the job's size, and then to twice as much while it is looked at, at even distances: tables that double go
//! through all the states in between. Then all its entries are removed. What malloc keeps of that for later is given
//! back before the last look, as it is no dictionary's.

use std::fs;

use super::Job;
use super::fixture::Books;
use super::key::{Key, value};
use super::table::{Seat, Table};
use crate::workload::{Metric, Outcome, Report};

/// Per entry, on average over the second half of the growth.
const AVERAGE: Metric = Metric::lower("average", "bytes/entry");
/// The most that there ever was, per entry at the end of the growth.
const PEAK: Metric = Metric::lower("peak", "bytes/entry");
/// What is left when all was removed.
const AFTER: Metric = Metric::lower("after removal", "% of peak");
/// The same at the end of the growth, per entry.
const LIVE: Metric = Metric::lower("full", "bytes/entry");

/// All that is measured here.
pub(super) const METRICS: [Metric; 4] = [AVERAGE, PEAK, AFTER, LIVE];

/// How often is looked while the dictionary doubles.
const LOOKS: u64 = 64;
/// Entries of the dictionary that comes before, so that code and stacks are there already.
const FIRST: u64 = 2000;

/// Bytes of this process that are resident now.
fn resident() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page() as f64)
}

/// The most that there ever were of them.
fn most() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kib * 1024.0)
}

fn page() -> usize {
    // SAFETY: asks for a number, and touches no memory.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    size.try_into().expect("pages have a size")
}

/// Gives back to the system what malloc keeps for later, where it can be told to.
fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: only touches what the allocator has under its own locks.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// A dictionary's whole life, looked at from outside.
pub(super) fn life<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    // A small life first.
    live::<K, T>(FIRST, || ())?;
    trim();
    let before = resident();
    let mut bytes = Vec::new();
    let life = live::<K, T>(job.size, || bytes.push(resident()))?;
    let mut report = Report::new(0);
    let Some(before) = before else {
        METRICS.into_iter().for_each(|metric| report.push_maybe(metric, None));
        return Ok(report);
    };
    // Entry by entry there are more at each look.
    let looks = bytes.len() as f64;
    let each = bytes.iter().enumerate().map(|(look, bytes)| {
        let entries = job.size as f64 * (1.0 + look as f64 / (looks - 1.0));
        bytes.map(|bytes| (bytes - before) / entries)
    });
    let each: Option<Vec<f64>> = each.collect();
    let entries = (2 * job.size) as f64;
    let peak = life.most.map(|most| most - before);
    report.push_maybe(AVERAGE, each.as_ref().map(|each| each.iter().sum::<f64>() / looks));
    report.push_maybe(PEAK, peak.map(|peak| peak / entries));
    report.push_maybe(AFTER, life.after.zip(peak).map(|(after, peak)| (after - before).max(0.0) / peak * 100.0));
    report.push_maybe(LIVE, each.and_then(|each| each.last().copied()));
    Ok(report)
}

/// What is left of a life.
struct Life {
    most: Option<f64>,
    after: Option<f64>,
}

/// Grows a dictionary to `size` entries, to twice as many, with a `look` at even distances, and down to none.
fn live<K: Key, T: Table<K>>(size: u64, mut look: impl FnMut()) -> Result<Life, String> {
    let table = T::new(0);
    let mut seat = table.seat();
    let mut books = Books::default();
    let mut next = 0;
    for seen in 0..=LOOKS {
        let until = size + size * seen / LOOKS;
        for number in next..until {
            let value = value(number);
            books.put(value, seat.insert(K::new(number), value));
        }
        next = until;
        look();
    }
    drop(seat);
    books.audit::<K, T>(&table, 2 * size)?;
    let most = most();
    let mut seat = table.seat();
    let mut key = K::new(0);
    for number in 0..2 * size {
        key.set(number);
        let old = seat.remove(&key);
        books.take(old);
    }
    drop(seat);
    books.audit::<K, T>(&table, FIRST.min(size))?;
    table.settle();
    trim();
    Ok(Life { most, after: resident() })
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::super::tables::OneMutex;
    use super::*;

    #[test]
    fn the_kernel_counts_what_is_touched() {
        const BYTES: usize = 64 << 20;
        let Some(before) = resident() else { return };
        let block = black_box(vec![1u8; BYTES]);
        let with = resident().expect("as before");
        // Other tests run in this process, too.
        assert!(with - before > BYTES as f64 * 0.8, "{before} … {with}");
        assert!(most().is_some_and(|most| most >= BYTES as f64));
        drop(block);
    }

    #[test]
    fn a_life_is_looked_at_and_ends_empty() {
        let mut looks = 0;
        live::<u64, OneMutex<u64>>(1000, || looks += 1).expect("nothing is lost");
        assert_eq!(looks, LOOKS + 1);
    }
}
