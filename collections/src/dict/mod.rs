//! Concurrent dicts.

mod engine;
mod once;
mod transact;
mod word;
mod word_dict;

pub use self::{
    transact::WordTransaction,
    word::{Word, WordKey},
    word_dict::WordDict,
};
