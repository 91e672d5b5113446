//! A bank: every account behind a lock of its own, transfers that take two of them, an audit at the end.

use super::backends::{Contest, InRegion, Lock, contenders, one};
use crate::rng::SplitMix;
use crate::team;
use crate::workload::{Budget, Group, Metric, Outcome, Report};

const THROUGHPUT: Metric = Metric::higher("throughput", "Mtransfers/s");
const WALL: Metric = Metric::higher("whole-run rate", "Mtransfers/s");

const ACCOUNTS: usize = 64;
const OPENING: u64 = 1_000;

pub(super) fn group(threads: usize) -> Group {
    let bank = Bank { threads };
    let mut backends = vec![one::<_, InRegion<Account>>("polder-region-mutex", bank)];
    backends.extend(contenders(bank));
    Group {
        family: "locks",
        workload: "bank",
        about: "Transfers between two random accounts, each behind a lock of its own, locked in the order of their \
                addresses; the audit at the end must find every coin. polder-region-mutex keeps each account in a \
                region of its own, one more cache line away; the others keep it inside the lock.",
        size: ACCOUNTS as u64,
        key: String::new(),
        threads,
        weight: 1.0,
        backends,
    }
}

/// What a lock protects.
pub(super) struct Account {
    balance: u64,
    transfers: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Bank {
    threads: usize,
}

impl Contest for Bank {
    type Value = Account;

    fn run<L: Lock<Account>>(&self, budget: &Budget) -> Outcome {
        let accounts: Vec<L> = (0..ACCOUNTS).map(|_| L::new(Account { balance: OPENING, transfers: 0 })).collect();
        let effort = team::work(
            self.threads,
            budget.slice,
            |index| SplitMix::new(index as u64),
            |choice| {
                let from = choice.below(ACCOUNTS);
                let to = (from + 1 + choice.below(ACCOUNTS - 1)) % ACCOUNTS;
                let amount = choice.draw() % 100;
                // The accounts lie in one vector: the order of indices is that of addresses.
                if from < to {
                    accounts[from].with(|from| accounts[to].with(|to| transfer(from, to, amount)));
                } else {
                    accounts[to].with(|to| accounts[from].with(|from| transfer(from, to, amount)));
                }
            },
        );
        let (mut sum, mut transfers) = (0, 0);
        for account in &accounts {
            account.with(|account| {
                sum += account.balance;
                transfers += account.transfers;
            });
        }
        let total = effort.total();
        if (sum, transfers) != (ACCOUNTS as u64 * OPENING, total * 2) {
            return Err(format!("the audit found {sum} coins and {transfers} halves of {total} transfers"));
        }
        let mut report = Report::new(sum);
        effort.put_rates(&mut report, THROUGHPUT, WALL);
        Ok(report)
    }
}

/// Moves what is there, at most `amount`.
#[inline]
fn transfer(from: &mut Account, to: &mut Account, amount: u64) {
    let moved = amount.min(from.balance);
    from.balance -= moved;
    from.transfers += 1;
    to.balance += moved;
    to.transfers += 1;
}
