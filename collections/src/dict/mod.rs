//! Concurrent dicts.

mod engine;
mod transact;
mod word;
mod word_dict;

pub use self::{
    transact::WordTransaction,
    word::{Word, WordKey},
    word_dict::WordDict,
};
