//! The dicts, asked in the words of [`Call`].

use std::{cell::Cell, hash::BuildHasher};

use polder_collections::{Dict, WordDict};

use crate::call::{Answer, Call, Subject, condemned, retained, sorted, updated};
