//! A bank: each account is a region behind a lock of its own, and what concerns two accounts locks both.
//!
//! Customers pay each other in all directions at once, now patiently and now not, and an auditor looks at all accounts
//! together. Nobody deadlocks, whatever the order in which accounts are named: `lock_many` sees to that. And nobody sees a
//! payment that has left one account and not reached the other.
//!
//! Run it with `cargo run --example bank`.

use std::fmt;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use polder::sync::{DuplicateLock, lock_many, try_lock_many_for};
use polder::{Ctx, Rebrand, Ref, Region, RegionMutex, View};

/// A line in the book of an account; it knows the line before.
#[derive(Rebrand)]
struct Entry<'r> {
    amount: i64,
    other: Ref<'r, str>,
    before: Option<Ref<'r, Entry<'r>>>,
}

#[derive(Rebrand)]
struct Account<'r> {
    owner: Ref<'r, str>,
    balance: i64,
    last: Option<Ref<'r, Entry<'r>>>,
}

type Bank = [RegionMutex<Account<'static>>];

impl<'r> Account<'r> {
    fn book(&mut self, ctx: &mut Ctx<'r>, amount: i64, other: &str) {
        let other = ctx.alloc_str(other);
        self.last = Some(ctx.alloc(Entry { amount, other, before: self.last }));
        self.balance += amount;
    }

    fn lines(&self, view: View<'_, 'r>) -> impl Iterator<Item = Ref<'r, Entry<'r>>> {
        std::iter::successors(self.last, move |line| view[*line].before)
    }

    /// The balance, of which the book must give account. Also the number of lines.
    fn audit(&self, view: View<'_, 'r>) -> (i64, usize) {
        let booked: i64 = self.lines(view).map(|line| view[line].amount).sum();
        assert_eq!(booked, self.balance, "{}'s book", &view[self.owner]);
        (self.balance, self.lines(view).count())
    }
}

fn open(owner: &str, deposit: i64) -> RegionMutex<Account<'static>> {
    RegionMutex::new(Region::new(|ctx| {
        let mut account = Account { owner: ctx.alloc_str(owner), balance: 0, last: None };
        account.book(ctx, deposit, "deposit");
        account
    }))
}

#[derive(Debug, PartialEq)]
enum Refused {
    SameAccount,
    Broke { missing: i64 },
    Busy,
}

impl From<DuplicateLock> for Refused {
    fn from(_: DuplicateLock) -> Self {
        Refused::SameAccount
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::SameAccount => write!(f, "payer and payee are the same account"),
            Refused::Broke { missing } => write!(f, "{missing} too much"),
            Refused::Busy => write!(f, "try again later"),
        }
    }
}

/// Pays from one account to another; waits for either for as long as `patience` lasts, if there is a limit to it.
fn pay(bank: &Bank, from: usize, to: usize, amount: i64, patience: Option<Duration>) -> Result<(), Refused> {
    let accounts = (&bank[from], &bank[to]);
    let (mut from, mut to) = match patience {
        None => lock_many(accounts)?,
        Some(patience) => try_lock_many_for(accounts, patience)?.ok_or(Refused::Busy)?,
    };
    // Two regions, two sessions: references stay in their own, text goes across.
    from.open(|payer, from| {
        if payer.balance < amount {
            return Err(Refused::Broke { missing: amount - payer.balance });
        }
        to.open(|payee, to| {
            payee.book(to, amount, &from[payer.owner]);
            let name = &to[payee.owner];
            payer.book(from, -amount, name);
        });
        Ok(())
    })
}

/// What the bank has in all, at one moment, and how many lines there are in its books.
fn audit(bank: &Bank) -> (i64, usize) {
    let all: Vec<_> = bank.iter().collect();
    let accounts = lock_many(&all[..]).expect("each account once");
    accounts
        .iter()
        .map(|account| account.read(|account, view| account.audit(view)))
        .fold((0, 0), |sum, account| (sum.0 + account.0, sum.1 + account.1))
}

fn main() {
    const ROUNDS: usize = 2000;
    const DEPOSIT: i64 = 1000;

    let bank: Vec<_> = ["Ada", "Bob", "Cleo", "Dan", "Eve"].map(|owner| open(owner, DEPOSIT)).into();
    let total = DEPOSIT * bank.len() as i64;
    let all_here = Barrier::new(bank.len());

    let (paid, audits) = thread::scope(|scope| {
        let payers: Vec<_> = (0..bank.len())
            .map(|me| {
                let (bank, all_here) = (&bank, &all_here);
                scope.spawn(move || {
                    let payment = |n: usize| {
                        let other = (me + 1 + n % (bank.len() - 1)) % bank.len();
                        let patience = (n % 2 == 1).then_some(Duration::from_millis(1));
                        pay(bank, me, other, 1 + (n % 3) as i64, patience)
                    };
                    all_here.wait();
                    (0..ROUNDS).filter(|&n| payment(n).is_ok()).count()
                })
            })
            .collect();
        let auditor = scope.spawn(|| (0..ROUNDS / 20).map(|_| audit(&bank)).filter(|audit| audit.0 == total).count());
        let paid: usize = payers.into_iter().map(|payer| payer.join().expect("payments do not panic")).sum();
        (paid, auditor.join().expect("all books are in order"))
    });

    let (sum, lines) = audit(&bank);
    println!("{paid} payments, {lines} lines, {sum} in the bank; {audits} audits meanwhile found the same");
    assert_eq!((sum, lines, audits), (total, bank.len() + 2 * paid, ROUNDS / 20));

    bank[0].lock().read(|account, view| {
        println!("the end of {}'s book:", &view[account.owner]);
        for line in account.lines(view).take(3) {
            println!("  {:+} {}", view[line].amount, &view[view[line].other]);
        }
    });

    let refused = [pay(&bank, 1, 1, 5, None), pay(&bank, 0, 1, total + 1, None)].map(Result::unwrap_err);
    println!("refused: {}; {}", refused[0], refused[1]);
    assert!(matches!(refused, [Refused::SameAccount, Refused::Broke { missing: 1.. }]));
}
