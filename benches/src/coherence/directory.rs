//! Who holds which line: MESI with a directory and caches without end.

use super::mark::MOST_CORES;
use super::trace::Access;

/// A set of cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cores([u64; MOST_CORES / 64]);

impl Cores {
    fn insert(&mut self, core: usize) {
        self.0[core / 64] |= 1 << (core % 64);
    }

    fn contains(&self, core: usize) -> bool {
        self.0[core / 64] >> (core % 64) & 1 == 1
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// Who holds a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// No cache.
    Untouched,
    /// One cache, modified or exclusive: it may write without asking.
    Owned(usize),
    /// Some caches, to read.
    Shared(Cores),
}

/// What an access costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Nothing: the cache has what it needs, or no other cache has the line.
    Nothing,
    /// A copy from caches that only read the line. Copies are served side by side.
    Copied,
    /// A copy from the cache that owned the line, which now shares it.
    Fetched,
    /// The line for itself, with so many other caches losing it.
    Claimed {
        /// How many.
        invalidated: u32,
    },
}

impl Cost {
    /// Whether the line moved between caches.
    pub fn is_transfer(self) -> bool {
        self != Self::Nothing
    }

    /// Whether nobody else is served meanwhile.
    pub fn occupies_line(self) -> bool {
        matches!(self, Self::Fetched | Self::Claimed { .. })
    }
}

/// The state of every line.
#[derive(Clone, Debug)]
pub struct Directory {
    lines: Vec<Line>,
}

impl Directory {
    /// So many lines, in no cache.
    pub fn new(lines: usize) -> Self {
        Self { lines: vec![Line::Untouched; lines] }
    }

    /// Lets `core` access `line`, and says what that costs. O(1).
    pub fn access(&mut self, core: usize, line: usize, access: Access) -> Cost {
        let state = &mut self.lines[line];
        if access == Access::Load { state.load(core) } else { state.claim(core) }
    }
}

impl Line {
    fn load(&mut self, core: usize) -> Cost {
        match self {
            Self::Untouched => {
                *self = Self::Owned(core);
                Cost::Nothing
            }
            Self::Owned(owner) if *owner == core => Cost::Nothing,
            Self::Owned(owner) => {
                let mut cores = Cores::default();
                cores.insert(*owner);
                cores.insert(core);
                *self = Self::Shared(cores);
                Cost::Fetched
            }
            Self::Shared(cores) if cores.contains(core) => Cost::Nothing,
            Self::Shared(cores) => {
                cores.insert(core);
                Cost::Copied
            }
        }
    }

    fn claim(&mut self, core: usize) -> Cost {
        let others = match self {
            Self::Untouched => 0,
            Self::Owned(owner) => u32::from(*owner != core),
            Self::Shared(cores) => cores.len() - u32::from(cores.contains(core)),
        };
        *self = Self::Owned(core);
        if others == 0 { Cost::Nothing } else { Cost::Claimed { invalidated: others } }
    }
}
