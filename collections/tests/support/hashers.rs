//! Hash functions that make the life of a map hard.

use std::hash::{BuildHasher, Hasher};

/// All keys collide.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Constant;

/// A number is its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Identity;

/// There are four hashes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Four;

/// Sixteen neighbours have one hash, and so are in one bin, however large the table is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clustered;

/// Folds what it is given, and then keeps some bits of it and sets others.
#[derive(Debug)]
pub(crate) struct Masked {
    folded: u64,
    shift: u32,
    mask: u64,
    set: u64,
}

impl Masked {
    const fn new(mask: u64, set: u64) -> Self {
        Self { folded: 0, shift: 0, mask, set }
    }
}

impl Hasher for Masked {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.folded = self.folded.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.folded ^= number;
    }

    // The byte that ends a string would be the lowest byte of each.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.folded >> self.shift & self.mask | self.set
    }
}

impl BuildHasher for Constant {
    type Hasher = Masked;

    fn build_hasher(&self) -> Masked {
        Masked::new(0, 0x1234_5678_9abc_def0)
    }
}

impl BuildHasher for Identity {
    type Hasher = Masked;

    fn build_hasher(&self) -> Masked {
        Masked::new(u64::MAX, 0)
    }
}

impl BuildHasher for Four {
    type Hasher = Masked;

    fn build_hasher(&self) -> Masked {
        Masked::new(3, 0)
    }
}

impl BuildHasher for Clustered {
    type Hasher = Masked;

    fn build_hasher(&self) -> Masked {
        Masked { shift: 4, ..Masked::new(u64::MAX, 0) }
    }
}
