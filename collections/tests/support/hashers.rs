//! Hash functions that make the life of a map hard.

use std::hash::{BuildHasher, Hasher};

/// All keys collide.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Constant;

/// A number is its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Identity;

/// There are four hashes, which differ in the lowest and in the highest bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Four;

/// Sixteen neighbours are in one bin, however large the table is, and all of them can be told apart by the highest bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clustered;

/// Folds what it is given, and then keeps some bits of it and sets others.
#[derive(Debug)]
pub(crate) struct Masked {
    folded: u64,
    mask: u64,
    set: u64,
}

impl Masked {
    const fn new(mask: u64, set: u64) -> Self {
        Self { folded: 0, mask, set }
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
        self.folded & self.mask | self.set
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
    type Hasher = FourHasher;

    fn build_hasher(&self) -> FourHasher {
        FourHasher(Masked::new(3, 0))
    }
}

/// Spreads the two lowest bits to both ends.
#[derive(Debug)]
pub(crate) struct FourHasher(Masked);

impl Hasher for FourHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0.write_u64(number);
    }

    fn write_u8(&mut self, number: u8) {
        self.0.write_u8(number);
    }

    fn finish(&self) -> u64 {
        let bits = self.0.finish();
        bits | bits << 62
    }
}

impl BuildHasher for Clustered {
    type Hasher = ClusteredHasher;

    fn build_hasher(&self) -> ClusteredHasher {
        ClusteredHasher(Masked::new(u64::MAX, 0))
    }
}

/// Puts the lowest four bits to the highest place.
#[derive(Debug)]
pub(crate) struct ClusteredHasher(Masked);

impl Hasher for ClusteredHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0.write_u64(number);
    }

    fn write_u8(&mut self, number: u8) {
        self.0.write_u8(number);
    }

    fn finish(&self) -> u64 {
        // Not zero in the low bits: the first bin of all is the only one that is never split off.
        (self.0.finish() ^ 0x5b0).rotate_right(4)
    }
}
