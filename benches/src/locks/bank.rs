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

/// Which accounts a transfer names first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Either: who sorts two locks guesses wrong half the time, which costs as much as a lock.
    AnyOrder,
    /// The one with the lower address: the guess is right, and what remains is what the locks cost.
    InOrder,
}

/// One thread with both namings, more with any order.
pub(super) fn groups(threads: usize) -> Vec<Group> {
    let namings = if threads == 1 { &[Naming::AnyOrder, Naming::InOrder][..] } else { &[Naming::AnyOrder] };
    namings.iter().map(|&naming| group(Bank { threads, naming })).collect()
}

fn group(bank: Bank) -> Group {
    let backends = vec![
        ordered::<InRegion<Account>>("polder-region-mutex", bank),
        ordered::<polder_sync::Mutex<Account>>("polder-mutex", bank),
        Backend::new("polder-lock-many", move |budget| bank.run::<Many<Account>>(budget)),
        ordered::<std::sync::Mutex<Account>>("std-mutex", bank),
        ordered::<parking_lot::Mutex<Account>>("parking_lot", bank),
        ordered::<parking_lot_012::Mutex<Account>>("parking_lot-0.12", bank),
        ordered::<usync::Mutex<Account>>("usync", bank),
        Backend::new("happylock", move |budget| bank.run::<Collected<Account>>(budget)),
        Backend::limit("one-std-mutex", move |budget| bank.run::<OneLock<std::sync::Mutex<_>>>(budget)),
        Backend::limit("spin", move |budget| bank.run::<Ordered<spin::Mutex<Account>>>(budget)),
    ];
    Group {
        family: "locks",
        workload: "bank",
        about: "Transfers between two random accounts, each behind a lock of its own, locked in the order of their \
                addresses: one comparison and one branch for everyone. In any order the branch is mispredicted half the \
                time; in order, with the lower one named first, never. The audit at the end must find every coin. polder-lock-many and happylock are given the two and \
                find the order. \
                polder-region-mutex keeps each account in a region of its own, one more cache line away; the others \
                keep it inside the lock. one-std-mutex, a limit, locks all accounts at once.",
        size: ACCOUNTS as u64,
        key: bank.naming.key().to_owned(),
        threads: bank.threads,
        weight: 0.8,
        backends,
    }
}

fn ordered<L: Lock<Account>>(name: &'static str, bank: Bank) -> Backend {
    Backend::new(name, move |budget| bank.run::<Ordered<L>>(budget))
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

impl Naming {
    const fn key(self) -> &'static str {
        match self {
            Self::AnyOrder => "any order",
            Self::InOrder => "in order",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Bank {
    threads: usize,
    naming: Naming,
}

impl Bank {
    fn run<V: Vault<Account>>(self, budget: &Budget) -> Outcome {
        let vault = V::new(Account::open(ACCOUNTS));
        let effort = team::work(
            self.threads,
            budget.slice,
            |index| (V::key(), SplitMix::new(index as u64)),
            |(key, choice)| {
                let (mut from, mut to, amount) = draw(choice, ACCOUNTS);
                if self.naming == Naming::InOrder {
                    (from, to) = (from.min(to), from.max(to));
                }
                vault.two(key, from, to, |from, to| Account::transfer(from, to, amount));
            },
        );
        let mut audit = Audit::default();
        vault.each(&mut V::key(), |account| audit.look(account));
        let mut report = audit.report(effort.total())?;
        effort.put_rates(&mut report, THROUGHPUT, WALL);
        Ok(report)
    }
}
