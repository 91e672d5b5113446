//! Concurrent dicts.

mod engine;
mod word;
mod word_dict;

pub use self::{
    word::{Word, WordKey},
    word_dict::WordDict,
};
