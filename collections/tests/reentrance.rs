//! Foreign code that calls the same dict again, the same entry even: every call ends, and does what it says.
#![cfg(not(polder_loom))]

#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/watchdog.rs"]
mod watchdog;
