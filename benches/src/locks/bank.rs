//! A bank: every account behind a lock of its own, transfers that take two of them, an audit at the end.

use super::backends::{InRegion, Lock};
use super::many::{Collected, Many, OneLock, Ordered, Vault};
use crate::rng::SplitMix;
use crate::team;
use crate::workload::{Backend, Budget, Group, Metric, Outcome, Report};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mtransfers/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mtransfers/s");

const ACCOUNTS: usize = 64;
const OPENING: u64 = 1_000;

pub(super) fn group(threads: usize) -> Group {
    let backends = vec![
        ordered::<InRegion<Account>>("polder-region-mutex", threads),
        ordered::<polder_sync::Mutex<Account>>("polder-mutex", threads),
        Backend::new("polder-lock-many", move |budget| run::<Many<Account>>(threads, budget)),
        ordered::<std::sync::Mutex<Account>>("std-mutex", threads),
        ordered::<parking_lot::Mutex<Account>>("parking_lot", threads),
        ordered::<parking_lot_012::Mutex<Account>>("parking_lot-0.12", threads),
        ordered::<usync::Mutex<Account>>("usync", threads),
        Backend::new("happylock", move |budget| run::<Collected<Account>>(threads, budget)),
        Backend::limit("one-std-mutex", move |budget| run::<OneLock<std::sync::Mutex<_>>>(threads, budget)),
        Backend::limit("spin", move |budget| run::<Ordered<spin::Mutex<Account>>>(threads, budget)),
    ];
    Group {
        family: "locks",
        workload: "bank",
        about: "Transfers between two random accounts, each behind a lock of its own, locked in the order of their \
                addresses; the audit at the end must find every coin. polder-lock-many and happylock are given the two and \
                find the order. \
                polder-region-mutex keeps each account in a region of its own, one more cache line away; the others \
                keep it inside the lock. one-std-mutex, a limit, locks all accounts at once.",
        size: ACCOUNTS as u64,
        key: String::new(),
        threads,
        weight: 0.8,
        backends,
    }
}

fn ordered<L: Lock<Account>>(name: &'static str, threads: usize) -> Backend {
    Backend::new(name, move |budget| run::<Ordered<L>>(threads, budget))
}

/// What a lock protects.
#[derive(Debug)]
pub(super) struct Account {
    balance: u64,
    transfers: u64,
}

impl Account {
    /// So many accounts with something in each.
    pub(super) fn open(count: usize) -> Vec<Self> {
        (0..count).map(|_| Self { balance: OPENING, transfers: 0 }).collect()
    }

    /// Moves what is there, at most `amount`.
    #[inline]
    pub(super) fn transfer(from: &mut Self, to: &mut Self, amount: u64) {
        let moved = amount.min(from.balance);
        from.balance -= moved;
        from.transfers += 1;
        to.balance += moved;
        to.transfers += 1;
    }
}

/// One transfer: from where, where to and how much.
#[inline]
pub(super) fn draw(choice: &mut SplitMix, accounts: usize) -> (usize, usize, u64) {
    let from = choice.below(accounts);
    let to = (from + 1 + choice.below(accounts - 1)) % accounts;
    (from, to, choice.draw() % 100)
}

/// Counts the coins of accounts between which there were so many transfers.
#[derive(Debug, Default)]
pub(super) struct Audit {
    accounts: u64,
    coins: u64,
    halves: u64,
}

impl Audit {
    /// Looks at an account.
    pub(super) fn look(&mut self, account: &Account) {
        self.accounts += 1;
        self.coins += account.balance;
        self.halves += account.transfers;
    }

    /// A report, if nothing is missing.
    pub(super) fn report(&self, transfers: u64) -> Outcome {
        if (self.coins, self.halves) == (self.accounts * OPENING, transfers * 2) {
            Ok(Report::new(self.coins))
        } else {
            let Self { coins, halves, .. } = self;
            Err(format!("the audit found {coins} coins and {halves} halves of {transfers} transfers"))
        }
    }
}

fn run<V: Vault<Account>>(threads: usize, budget: &Budget) -> Outcome {
    let vault = V::new(Account::open(ACCOUNTS));
    let effort = team::work(
        threads,
        budget.slice,
        |index| (V::key(), SplitMix::new(index as u64)),
        |(key, choice)| {
            let (from, to, amount) = draw(choice, ACCOUNTS);
            vault.two(key, from, to, |from, to| Account::transfer(from, to, amount));
        },
    );
    let mut audit = Audit::default();
    vault.each(&mut V::key(), |account| audit.look(account));
    let mut report = audit.report(effort.total())?;
    effort.put_rates(&mut report, THROUGHPUT, WALL);
    Ok(report)
}
