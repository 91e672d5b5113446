//! `--json`: the figures for other programs.

use serde::{Deserialize, Serialize};

use crate::figures::Row;
use crate::machine::Machine;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Where the figures come from.
    pub machine: Machine,
    /// The figures. "No result" has `null` for `median`, `q1` and `q3`.
    pub rows: Vec<Row>,
}

impl File {
    /// The text of the file.
    ///
    /// # Panics
    ///
    /// Never: nothing in it can fail to be written.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and numbers only");
        text.push('\n');
        text
    }
}
